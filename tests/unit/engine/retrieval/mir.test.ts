import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ScoreName } from '../../../../src/core/config.ts';
import type { LabelledTensors } from '../../../../src/engine/data/imageSource.ts';
import { type Classifier, lossAndGradient } from '../../../../src/engine/models/classifier.ts';
import { mlp } from '../../../../src/engine/models/networks.ts';
import { sgdStep } from '../../../../src/engine/models/parameters.ts';
import { retrieveMir, retrieveRandom } from '../../../../src/engine/retrieval/mir.ts';
import { erMirStepSchema, referenceFile, relativeError, toParameters, toTensor } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const values = (tensor: tf.Tensor) => Array.from(tensor.dataSync());

/** A network without layers: the logits are the one parameter itself, whatever the image. */
const constantLogits: Classifier = {
  init: () => ({ parameters: { logits: tf.tensor1d([0, 0]) }, statistics: {} }),
  forward: (parameters, images) => ({
    ...constantLogits.classify({ parameters, statistics: {} }, images),
    batchStatistics: {},
  }),
  logits: (parameters, images) => constantLogits.classify({ parameters, statistics: {} }, images).logits,
  classify: ({ parameters }, images) => ({
    logits: tf.add(tf.zeros([images.shape[0], 2]), parameters['logits']),
    features: images,
  }),
  differentiable: (variables, images) => constantLogits.classify(variables, images),
};

describe.each(testBackends)('retrieveMir on %s', (backend) => {
  beforeAll(async () => {
    await startTestBackend(backend);
  });

  /**
   * By hand: θ = (0, 0), so every candidate's l(θ) is ln 2. Incoming is one image of class 0, so
   * ∇L = (½ − 1, ½) = (−½, ½), and with α = 2 the virtual step is θ_v = (1, −1). Then l(θ_v) is
   * ln(1 + e⁻²) for class 0 and ln(1 + e²) for class 1.
   */
  const handWorked = (score: ScoreName, budget: number, best: number[]) =>
    tf.tidy(() => {
      const output = retrieveMir({
        classifier: constantLogits,
        parameters: { logits: tf.tensor1d([0, 0]) },
        incomingGradient: { logits: tf.tensor1d([-0.5, 0.5]) },
        learningRate: 2,
        candidates: { images: tf.zeros([4, 1]), labels: tf.tensor1d([0, 1, 0, 1], 'int32') },
        bestLosses: tf.tensor1d(best),
        score,
        budget,
      });
      return { scores: values(output.scores), picks: values(output.picks), losses: values(output.losses) };
    });

  it('ranks by MI-1 as worked out by hand', () => {
    const { scores, picks, losses } = handWorked('mi1', 2, [9, 9, 9, 9]);
    const [down, up] = [Math.log(1 + Math.exp(-2)) - Math.log(2), Math.log(1 + Math.exp(2)) - Math.log(2)];
    [down, up, down, up].forEach((expected, index) => {
      expect(scores[index]).toBeCloseTo(expected, 5);
    });
    expect(losses.every((loss) => Math.abs(loss - Math.log(2)) < 1e-6)).toBe(true);
    expect(new Set(picks)).toEqual(new Set([1, 3]));
  });

  it('ranks by MI-2 against the best loss, where that is lower than the loss now', () => {
    const { scores, picks } = handWorked('mi2', 3, [0.01, 2, 0.05, 0.5]);
    const [down, up] = [Math.log(1 + Math.exp(-2)), Math.log(1 + Math.exp(2))];
    [down - 0.01, up - Math.log(2), down - 0.05, up - 0.5].forEach((expected, index) => {
      expect(scores[index]).toBeCloseTo(expected, 5);
    });
    expect(picks).toEqual([3, 1, 0]);
  });

  it('takes all candidates when there are fewer than the budget', () => {
    expect(handWorked('mi1', 10, [1, 1, 1, 1]).picks).toHaveLength(4);
    expect(values(retrieveRandom(3, 10))).toEqual([0, 1, 2]);
    expect(values(retrieveRandom(50, 4))).toEqual([0, 1, 2, 3]);
  });

  it('agrees with PyTorch’s figures of one ER-MIR step to 1e-4', () => {
    const reference = referenceFile('er-mir-step', erMirStepSchema);
    const { learningRate, budget } = reference;
    const classifier = mlp([12, 8, 8, 5]);
    tf.tidy(() => {
      const parameters = toParameters(reference.before);
      const labelled = (part: { x: { shape: number[]; data: number[] }; y: number[] }): LabelledTensors => ({
        images: toTensor(part.x) as tf.Tensor2D,
        labels: tf.tensor1d(part.y, 'int32'),
      });
      const incoming = lossAndGradient(classifier, parameters, labelled(reference.incoming));
      const candidates = labelled(reference.candidates);
      expect(values(tf.mean(incoming.losses))[0]).toBeCloseTo(reference.loss, 5);
      for (const [name, figures] of Object.entries(reference.incomingGradient)) {
        expect(relativeError(values(incoming.gradient[name]), figures.data)).toBeLessThan(1e-4);
      }
      const retrieved = (score: ScoreName) =>
        retrieveMir({
          classifier,
          parameters,
          incomingGradient: incoming.gradient,
          learningRate,
          candidates,
          bestLosses: toTensor(reference.candidates.bestLoss) as tf.Tensor1D,
          score,
          budget,
        });
      const mi1 = retrieved('mi1');
      expect(relativeError(values(mi1.losses), reference.candidateLossBefore.data)).toBeLessThan(1e-4);
      expect(relativeError(values(mi1.virtualLosses), reference.candidateLossAfter.data)).toBeLessThan(1e-4);
      expect(relativeError(values(mi1.scores), reference.mi1.data)).toBeLessThan(1e-4);
      expect(relativeError(values(retrieved('mi2').scores), reference.mi2.data)).toBeLessThan(1e-4);
      expect(values(mi1.picks)).toEqual(reference.picksByMi1);

      const chosen = {
        images: tf.gather(candidates.images, mi1.picks),
        labels: tf.gather(candidates.labels, mi1.picks),
      };
      const memory = lossAndGradient(classifier, parameters, chosen);
      const after = sgdStep(parameters, incoming.gradient, learningRate, memory.gradient);
      for (const [name, figures] of Object.entries(reference.after)) {
        expect(relativeError(values(after[name]), figures.data)).toBeLessThan(1e-4);
      }
    });
  });
});
