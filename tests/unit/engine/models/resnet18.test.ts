import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { randomStream, symmetricUniform } from '../../../../src/core/random.ts';
import { lossAndGradient, moveStatistics } from '../../../../src/engine/models/classifier.ts';
import { type Parameters, sgdStep, tidy } from '../../../../src/engine/models/parameters.ts';
import { resnet18 } from '../../../../src/engine/models/networks.ts';
import { referenceFile, relativeError, toTensor } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';
import { resnetStepSchema } from './resnetStepSchema.ts';

const reference = referenceFile('resnet-step', resnetStepSchema);

const disposeAll = (...trees: Parameters[]) => tf.dispose(trees);
const parameterCount = (parameters: Parameters) => Object.values(parameters).reduce((sum, { size }) => sum + size, 0);

/** From PyTorch's layout, images NCHW and convolutions [out, in, kh, kw]; everything else is laid out alike. */
function fromPyTorch(tree: typeof reference.parameters): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(tree).map(([name, figures]) => [
      name,
      tf.tidy(() => (figures.shape.length === 4 ? tf.transpose(toTensor(figures), [2, 3, 1, 0]) : toTensor(figures))),
    ]),
  );
}

async function expectNear(actual: Parameters, expected: Parameters): Promise<void> {
  expect(Object.keys(actual).sort()).toEqual(Object.keys(expected).sort());
  for (const [name, tensor] of Object.entries(expected)) {
    expect(actual[name].shape, name).toEqual(tensor.shape);
    expect(relativeError(await actual[name].data(), await tensor.data()), name).toBeLessThan(1e-4);
  }
}

describe.each(testBackends)('ResNet-18 on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it("takes PyTorch's step: logits, loss, gradient, running statistics, evaluation mode", async () => {
    const before = tf.memory().numTensors;
    const classes = reference.logits.shape[1];
    const classifier = resnet18({ imageShape: [32, 32, 3], classes, filters: reference.filters });
    const images: tf.Tensor2D = tf.tidy(() =>
      tf.reshape(tf.transpose(toTensor(reference.x), [0, 2, 3, 1]), [reference.y.length, -1]),
    );
    const labels = tf.tensor1d(reference.y, 'int32');
    const parameters = fromPyTorch(reference.parameters);
    const expectedGradient = fromPyTorch(reference.gradient);
    const expectedStatistics = fromPyTorch(reference.runningStatistics);

    const fresh = classifier.init(randomStream(0, 'init'));
    const logits = tf.tidy(() => classifier.forward(parameters, images).logits);
    expect(relativeError(await logits.data(), reference.logits.data)).toBeLessThan(1e-4);
    // Without a gradient: the same, bit for bit, and little of it held at a time.
    const holding = tf.memory().numBytes;
    const peak = async (run: () => tf.Tensor) =>
      (await tf.profile(() => tf.tidy(() => void run()))).peakBytes - holding;
    const alone = tf.tidy(() => classifier.logits(parameters, images));
    expect(await alone.data()).toEqual(await logits.data());
    alone.dispose();
    const held = await peak(() => classifier.logits(parameters, images));
    expect(held).toBeLessThan((await peak(() => classifier.forward(parameters, images).logits)) / 3);

    const { losses, gradient, batchStatistics } = tidy(() =>
      lossAndGradient(classifier, parameters, { images, labels }),
    );
    const mean = Array.from(await losses.data()).reduce((a, b) => a + b) / losses.size;
    expect(Math.abs(mean - reference.loss)).toBeLessThan(1e-4 * reference.loss);
    await expectNear(gradient, expectedGradient);

    const statistics = tidy(() => moveStatistics(fresh.statistics, batchStatistics));
    await expectNear(statistics, expectedStatistics);

    const evaluated = tf.tidy(() => classifier.classify({ parameters, statistics }, images).logits);
    expect(relativeError(await evaluated.data(), reference.evalLogits.data)).toBeLessThan(1e-4);

    // The same with gradients, here of the sum of the logits: along the gradient it rises by the square of its length.
    const sum = (trained: Parameters) =>
      tidy(() => tf.sum(classifier.differentiable({ parameters: trained, statistics }, images).logits).dataSync()[0]);
    tf.tidy(() => {
      const { logits: differentiable } = classifier.differentiable({ parameters, statistics }, images);
      expect(relativeError(differentiable.dataSync(), reference.evalLogits.data)).toBeLessThan(1e-4);
      for (const name of ['conv1.weight', 'bn1.weight', 'blocks.3.bn2.bias', 'linear.weight']) {
        const of = (value: tf.Tensor) => ({ ...parameters, [name]: value });
        const slope = tf.grad((value) =>
          tf.sum(classifier.differentiable({ parameters: of(value), statistics }, images).logits),
        )(parameters[name]);
        const length = tf.norm(slope).dataSync()[0];
        const at = (by: number) => sum(of(tf.add(parameters[name], tf.mul(slope, by / length))));
        expect((at(1e-2) - at(-1e-2)) / (2e-2 * length), name).toBeCloseTo(1, 1);
      }
    });

    tf.dispose([images, labels, logits, losses, evaluated]);
    disposeAll(
      parameters,
      expectedGradient,
      expectedStatistics,
      fresh.parameters,
      fresh.statistics,
      gradient,
      batchStatistics,
      statistics,
    );
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);

  it('has the sizes of the paper: CIFAR-10, and MiniImagenet with 2 × 2 windows at the end', async () => {
    const cifar = resnet18({ imageShape: [32, 32, 3], classes: 10, filters: 20 }).init(randomStream(0, 'init'));
    expect(parameterCount(cifar.parameters)).toBe(1_094_750);
    expect(reference.parameterCounts.cifar10).toBe(1_094_750);
    const imagenet = resnet18({ imageShape: [84, 84, 3], classes: 100, filters: 20 }).init(randomStream(0, 'init'));
    expect(parameterCount(imagenet.parameters)).toBe(1_157_240);
    expect(imagenet.parameters['linear.weight'].shape).toEqual([100, 640]);
    expect(Object.keys(cifar.parameters)).toEqual(Object.keys(reference.parameters));

    for (const [name, fanIn] of [
      ['conv1', 27],
      ['blocks.2.conv1', 180],
      ['blocks.2.short.0', 20],
      ['linear', 160],
    ] as const) {
      const values = Array.from(await cifar.parameters[`${name}.weight`].data(), Math.abs);
      expect(Math.max(...values), name).toBeLessThanOrEqual(1 / Math.sqrt(fanIn));
      expect(Math.max(...values), name).toBeGreaterThan(0.9 / Math.sqrt(fanIn));
    }
    disposeAll(cifar.parameters, cifar.statistics, imagenet.parameters, imagenet.statistics);
  });

  it('starts alike from one seed', async () => {
    const classifier = resnet18({ imageShape: [32, 32, 3], classes: 3, filters: 1 });
    const [one, other, different] = [1, 1, 2].map((seed) => classifier.init(randomStream(seed, 'init')));
    for (const name of Object.keys(one.parameters)) {
      expect(await other.parameters[name].data()).toEqual(await one.parameters[name].data());
    }
    expect(await different.parameters['conv1.weight'].data()).not.toEqual(await one.parameters['conv1.weight'].data());
    for (const { parameters, statistics } of [one, other, different]) disposeAll(parameters, statistics);
  });

  it('learns a batch of odd-sized images by heart, and leaks nothing on the way', async () => {
    const [height, width, channels] = [29, 26, 1];
    const classifier = resnet18({ imageShape: [height, width, channels], classes: 3, filters: 2 });
    let { parameters, statistics } = classifier.init(randomStream(4, 'init'));
    const images = tf.tensor2d(symmetricUniform(3 * height * width, 1, randomStream(5, 'data')), [3, height * width]);
    const labels = tf.tensor1d([2, 0, 1], 'int32');
    const losses: number[] = [];
    const usage: { numTensors: number; numBytes: number }[] = [];
    for (let step = 0; step < 6; step++) {
      const next = tidy(() => {
        const { losses: each, gradient, batchStatistics } = lossAndGradient(classifier, parameters, { images, labels });
        return {
          loss: tf.mean(each),
          parameters: sgdStep(parameters, gradient, 0.1),
          statistics: moveStatistics(statistics, batchStatistics),
        };
      });
      disposeAll(parameters, statistics);
      ({ parameters, statistics } = next);
      losses.push((await next.loss.data())[0]);
      next.loss.dispose();
      const { numTensors, numBytes } = tf.memory();
      usage.push({ numTensors, numBytes });
    }
    expect(losses[5]).toBeLessThan(losses[0] / 3);
    expect(
      usage.every(({ numTensors, numBytes }) => numTensors === usage[0].numTensors && numBytes === usage[0].numBytes),
    ).toBe(true);
    tf.dispose([images, labels]);
    disposeAll(parameters, statistics);
  }, 60_000);

  it('lets nothing of one image into another in evaluation mode', async () => {
    const classifier = resnet18({ imageShape: [32, 32, 3], classes: 4, filters: 2 });
    const { parameters, statistics } = classifier.init(randomStream(0, 'init'));
    const images = tf.tensor2d(symmetricUniform(3 * 3_072, 1, randomStream(6, 'data')), [3, 3_072]);
    const together = tf.tidy(() =>
      tf.slice(classifier.classify({ parameters, statistics }, images).logits, [1, 0], [1, 4]),
    );
    const alone = tf.tidy(
      () => classifier.classify({ parameters, statistics }, tf.slice(images, [1, 0], [1, 3_072])).logits,
    );
    expect(relativeError(await together.data(), await alone.data())).toBeLessThan(1e-6);
    tf.dispose([images, together, alone]);
    disposeAll(parameters, statistics);
  });

  it('refuses images too small for its last stage', () => {
    expect(() => resnet18({ imageShape: [24, 32, 3], classes: 2, filters: 2 })).toThrow(
      /at least 25 × 25 pixels; these are 24 × 32/,
    );
    expect(() => resnet18({ imageShape: [25, 25, 3], classes: 2, filters: 2 })).not.toThrow();
  });
});
