import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { randomStream, standardNormal } from '../../../../src/core/random.ts';
import { ascend, type Objective } from '../../../../src/engine/latent/ascent.ts';
import {
  type ClassifierCoefficients,
  classifierInterference,
  classifierObjective,
  diversity,
  entropy,
  type GeneratorCoefficients,
  generatorObjective,
  klInterference,
  reconstructionInterference,
  shell,
} from '../../../../src/engine/latent/objectives.ts';
import { frozenClassifier, frozenVae } from '../../../../src/engine/latent/search.ts';
import { gatedClassifier } from '../../../../src/engine/models/gatedClassifier.ts';
import { freeze } from '../../../../src/engine/models/layers.ts';
import { mapParameters, type Parameters, tidy } from '../../../../src/engine/models/parameters.ts';
import { vae } from '../../../../src/engine/models/vae.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const [inputs, dimensions, rows] = [25, 6, 10];
const autoencoder = vae({ inputs, hidden: 14, depth: 2, latents: dimensions });
const classifier = gatedClassifier({ inputs, hidden: 12, classes: 5 });
const noClassifierTerms: ClassifierCoefficients = { clsInterference: 0, clsEntropy: 0, clsDiversity: 0, clsShell: 0 };
const noGeneratorTerms: GeneratorCoefficients = {
  genReconstruction: 0,
  genKl: 0,
  genEntropy: 0,
  genDiversity: 0,
  genShell: 0,
};

/** Weights several times as large as at the start of training: networks with opinions. */
const enlarge = (parameters: Parameters, factor: number) =>
  mapParameters((tensor) => tf.mul(tensor, factor), parameters);
const normal = (count: number, salt: number) =>
  tf.tensor2d(standardNormal(count * dimensions, randomStream(salt, 'latent')), [count, dimensions]);

function networks() {
  const [first, second] = [randomStream(1, 'init'), randomStream(2, 'init')];
  const previousVae = frozenVae(autoencoder, freeze(enlarge(autoencoder.init(first), 3)));
  const virtualVae = frozenVae(autoencoder, freeze(enlarge(autoencoder.init(second), 3)));
  const previous = frozenClassifier(classifier, freeze(enlarge(classifier.init(first), 10))).logits;
  const virtual = frozenClassifier(classifier, freeze(enlarge(classifier.init(second), 10))).logits;
  const epsilon = normal(rows, 5);
  const { decode } = previousVae;
  return {
    forClassifier: { decode, previous, virtual },
    forGenerator: {
      decode,
      previous: (images: tf.Tensor2D) => previousVae.elboParts(images, epsilon),
      virtual: (images: tf.Tensor2D) => virtualVae.elboParts(images, epsilon),
      classify: previous,
    },
  };
}

function classifierTerms(change: Partial<ClassifierCoefficients>): Objective {
  const objective = classifierObjective(networks().forClassifier, { ...noClassifierTerms, ...change }, normal(20, 9));
  if (objective === null) throw new Error('Every coefficient is 0.');
  return objective;
}

function generatorTerms(change: Partial<GeneratorCoefficients>): Objective {
  const objective = generatorObjective(networks().forGenerator, { ...noGeneratorTerms, ...change }, normal(20, 9));
  if (objective === null) throw new Error('Every coefficient is 0.');
  return objective;
}

const objectives: readonly { readonly what: string; readonly make: () => Objective }[] = [
  { what: 'the classifier’s interference', make: () => classifierTerms({ clsInterference: 1 }) },
  { what: 'the entropy', make: () => classifierTerms({ clsEntropy: 1 }) },
  { what: 'DIV', make: () => classifierTerms({ clsDiversity: 1 }) },
  { what: 'SHELL', make: () => classifierTerms({ clsShell: 1 }) },
  {
    what: 'the classifier’s whole objective',
    make: () => classifierTerms({ clsInterference: 0.7, clsEntropy: 1.3, clsDiversity: 2, clsShell: 0.5 }),
  },
  { what: 'the reconstruction’s interference', make: () => generatorTerms({ genReconstruction: 1 }) },
  { what: 'the KL divergence’s interference', make: () => generatorTerms({ genKl: 1 }) },
  {
    what: 'the generator’s whole objective',
    make: () => generatorTerms({ genReconstruction: 0.3, genKl: 0.6, genEntropy: 1, genDiversity: 2, genShell: 0.5 }),
  },
];

describe.each(testBackends)('the latent objective on %s', (backend) => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend(backend);
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(objectives)('has the gradient of central differences: $what', ({ make }) => {
    tidy(() => {
      const objective = make();
      const z = normal(rows, 4);
      const host = z.dataSync<'float32'>();
      // Ascending by one step of size 1 adds the gradient of the mean.
      const gradient = tf.sub(ascend(z, objective, 1, 1)[1], z).dataSync();
      const h = 2e-3;
      const scale = Math.max(...gradient.map(Math.abs), 1e-3);
      const errors: number[] = [];
      for (let column = 0; column < dimensions; column++) {
        const shifted = (by: number) => {
          const values = host.slice();
          for (let row = 0; row < rows; row++) values[row * dimensions + column] += by;
          return objective(tf.tensor2d(values, [rows, dimensions])).dataSync();
        };
        const [above, below] = [shifted(h), shifted(-h)];
        for (let row = 0; row < rows; row++) {
          const expected = (above[row] - below[row]) / (2 * h * rows);
          errors.push(Math.abs(gradient[row * dimensions + column] - expected) / scale);
        }
      }
      // A difference across a kink of ReLU is not the gradient at either side.
      expect(errors.filter((error) => error > 0.02).length).toBeLessThanOrEqual(errors.length * 0.05);
    });
  });

  it('is the sum of its terms by their coefficients', () => {
    tidy(() => {
      const { forClassifier, forGenerator } = networks();
      const [z, earlier] = [normal(rows, 4), normal(20, 9)];
      const images = forClassifier.decode(z);
      const previous = forClassifier.previous(images);
      const [after, earlierParts] = [forGenerator.virtual(images), forGenerator.previous(images)];
      const parts = [
        classifierInterference(forClassifier.virtual(images), previous),
        entropy(previous),
        diversity(z, earlier),
        shell(z),
      ];
      const [interference, sureness, distance, offShell] = parts.map((part) => part.dataSync());
      const reconstruction = reconstructionInterference(after, earlierParts).dataSync();
      const kl = klInterference(after, earlierParts).dataSync();
      const whole = classifierTerms({ clsInterference: 0.7, clsEntropy: 1.3, clsDiversity: 2, clsShell: 0.5 })(
        z,
      ).dataSync();
      whole.forEach((value, row) => {
        expect(value).toBeCloseTo(
          0.7 * interference[row] - 1.3 * sureness[row] + 2 * distance[row] - 0.5 * offShell[row],
          4,
        );
      });
      const made = generatorTerms({
        genReconstruction: 0.3,
        genKl: 0.6,
        genEntropy: 1,
        genDiversity: 2,
        genShell: 0.5,
      })(z).dataSync();
      made.forEach((value, row) => {
        const expected =
          0.3 * reconstruction[row] + 0.6 * kl[row] - sureness[row] + 2 * distance[row] - 0.5 * offShell[row];
        expect(value).toBeCloseTo(expected, 3);
      });
    });
  });

  it('is nothing to climb where every coefficient is 0, or where only earlier rounds could repel', () => {
    tidy(() => {
      const { forClassifier, forGenerator } = networks();
      expect(classifierObjective(forClassifier, noClassifierTerms, normal(3, 1))).toBeNull();
      expect(classifierObjective(forClassifier, { ...noClassifierTerms, clsDiversity: 1 }, null)).toBeNull();
      expect(
        classifierObjective(forClassifier, { ...noClassifierTerms, clsDiversity: 1 }, normal(3, 1)),
      ).not.toBeNull();
      expect(generatorObjective(forGenerator, noGeneratorTerms, normal(3, 1))).toBeNull();
      expect(generatorObjective(forGenerator, { ...noGeneratorTerms, genDiversity: 1 }, null)).toBeNull();
    });
  });

  /** What a measure of the latents is on average, before and after climbing one term alone. */
  const climbing = (objective: Objective, measure: (z: tf.Tensor2D) => tf.Tensor, steps = 30, size = 10) => {
    const points = ascend(normal(rows, 4), objective, steps, size);
    const average = (z: tf.Tensor2D) => tf.mean(measure(z)).dataSync()[0];
    return { start: average(points[0]), end: average(points[steps]) };
  };

  it('climbs to what each term alone asks for', () => {
    tidy(() => {
      const { forClassifier, forGenerator } = networks();
      const previous = (z: tf.Tensor2D) => forClassifier.previous(forClassifier.decode(z));
      const interference = climbing(classifierTerms({ clsInterference: 1 }), (z) =>
        classifierInterference(forClassifier.virtual(forClassifier.decode(z)), previous(z)),
      );
      expect(interference.end).toBeGreaterThan(interference.start * 2);
      const sureness = climbing(classifierTerms({ clsEntropy: 1 }), (z) => entropy(previous(z)));
      expect(sureness.end).toBeLessThan(sureness.start * 0.5);
      const distance = climbing(classifierTerms({ clsDiversity: 1 }), (z) => diversity(z, normal(20, 9)));
      expect(distance.end).toBeGreaterThan(distance.start * 1.5);
      const far: tf.Tensor2D = tf.mul(normal(rows, 4), 3);
      const norms = (z: tf.Tensor2D) => tf.norm(z, 2, 1).dataSync();
      const gap = (z: tf.Tensor2D) => Math.max(...norms(z).map((norm) => Math.abs(norm - Math.sqrt(dimensions))));
      const rounds = ascend(far, classifierTerms({ clsShell: 1 }), 40, 1);
      expect(gap(far)).toBeGreaterThan(2);
      expect(gap(rounds[40])).toBeLessThan(0.01);
      const parts = (z: tf.Tensor2D) => {
        const images = forGenerator.decode(z);
        return [forGenerator.virtual(images), forGenerator.previous(images)] as const;
      };
      const reconstruction = climbing(generatorTerms({ genReconstruction: 0.1 }), (z) =>
        reconstructionInterference(...parts(z)),
      );
      expect(reconstruction.end).toBeGreaterThan(reconstruction.start + 5);
      const kl = climbing(generatorTerms({ genKl: 0.1 }), (z) => klInterference(...parts(z)));
      expect(kl.end).toBeGreaterThan(kl.start + 0.5);
    });
  });

  it('measures DIV as the plain mean over earlier latents and dimensions', () => {
    tidy(() => {
      const [z, earlier] = [normal(3, 1), normal(4, 2)];
      const [ours, theirs] = [z.arraySync(), earlier.arraySync()];
      const expected = ours.map((one) => {
        const squares = theirs.flatMap((other) => other.map((value, dimension) => (value - one[dimension]) ** 2));
        return squares.reduce((sum, square) => sum + square, 0) / squares.length;
      });
      diversity(z, earlier)
        .dataSync()
        .forEach((value, row) => expect(value).toBeCloseTo(expected[row], 4));
      expect(
        entropy(
          tf.tensor2d([
            [0, 0],
            [20, 0],
          ]),
        ).dataSync()[0],
      ).toBeCloseTo(Math.log(2), 5);
      expect(shell(tf.tensor2d([[3, 0, 0, 4]])).dataSync()[0]).toBeCloseTo(9, 4);
    });
  });
});
