import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { autoencoderSize, latentSize } from '../../../../src/core/memoryBytes.ts';
import { randomStream } from '../../../../src/core/random.ts';
import { autoencoder } from '../../../../src/engine/models/autoencoder.ts';
import { gradientOf, moveStatistics } from '../../../../src/engine/models/classifier.ts';
import { squaredError } from '../../../../src/engine/models/losses.ts';
import { type Parameters, tidy } from '../../../../src/engine/models/parameters.ts';
import { referenceFile, relativeError, tensorSchema, toTensor } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

const treeSchema = z.record(z.string(), tensorSchema);

/** Figures of one step, computed with PyTorch in float64; images and latents NCHW. */
const reference = referenceFile(
  'autoencoder-step',
  z.object({
    channels: z.number(),
    x: tensorSchema,
    parameters: treeSchema,
    latent: tensorSchema,
    reconstruction: tensorSchema,
    loss: z.number(),
    gradient: treeSchema,
    evalReconstruction: tensorSchema,
  }),
);

/** From PyTorch's layouts: convolutions [out, in, kh, kw], transposed ones [in, out, kh, kw]; both turn alike. */
function fromPyTorch(tree: z.infer<typeof treeSchema>): Record<string, tf.Tensor> {
  return Object.fromEntries(
    Object.entries(tree).map(([name, figures]) => [
      name,
      tf.tidy(() => (figures.shape.length === 4 ? tf.transpose(toTensor(figures), [2, 3, 1, 0]) : toTensor(figures))),
    ]),
  );
}

/** Images or latents as the engine lays them out. */
function flat(figures: z.infer<typeof tensorSchema>): tf.Tensor2D {
  return tf.tidy(() => tf.reshape(tf.transpose(toTensor(figures), [0, 2, 3, 1]), [figures.shape[0], -1]));
}

const disposeAll = (...trees: Parameters[]) => tf.dispose(trees);

describe.each(testBackends)('the autoencoder on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it("takes PyTorch's step: latents, reconstructions, loss, gradient, and evaluation mode after it", async () => {
    const before = tf.memory().numTensors;
    const network = autoencoder({ imageShape: [32, 32, 3], filters: reference.channels });
    const fresh = network.init(randomStream(0, 'init'));
    const parameters = fromPyTorch(reference.parameters);
    const expectedGradient = fromPyTorch(reference.gradient);
    const [images, latents, reconstructions, evaluated] = [
      reference.x,
      reference.latent,
      reference.reconstruction,
      reference.evalReconstruction,
    ].map(flat);

    const output = tidy(() => network.forward(parameters, images));
    expect(relativeError(await output.latents.data(), await latents.data())).toBeLessThan(1e-4);
    expect(relativeError(await output.reconstructions.data(), await reconstructions.data())).toBeLessThan(1e-4);

    const step = tidy(() =>
      gradientOf(network, parameters, images, (made) => squaredError(made.reconstructions, images)),
    );
    const mean = Array.from(await step.losses.data()).reduce((a, b) => a + b) / step.losses.size;
    expect(Math.abs(mean - reference.loss)).toBeLessThan(1e-4 * reference.loss);
    expect(Object.keys(step.gradient)).toEqual(Object.keys(reference.gradient));
    for (const [name, tensor] of Object.entries(expectedGradient)) {
      const wanted = await tensor.data();
      // The gradient of a bias in front of batch normalisation is zero but for rounding.
      if (Math.max(...Array.from(wanted, Math.abs)) < 1e-9)
        expect(Math.max(...Array.from(await step.gradient[name].data(), Math.abs)), name).toBeLessThan(1e-6);
      else expect(relativeError(await step.gradient[name].data(), wanted), name).toBeLessThan(1e-4);
    }

    const statistics = tidy(() => moveStatistics(fresh.statistics, step.batchStatistics));
    const again = tidy(() =>
      network.decode({ parameters, statistics }, network.encode({ parameters, statistics }, images)),
    );
    expect(relativeError(await again.data(), await evaluated.data())).toBeLessThan(1e-4);

    tf.dispose([
      images,
      latents,
      reconstructions,
      evaluated,
      again,
      step.losses,
      output.latents,
      output.reconstructions,
    ]);
    disposeAll(
      fresh.parameters,
      fresh.statistics,
      parameters,
      expectedGradient,
      output.batchStatistics,
      step.gradient,
      step.batchStatistics,
      statistics,
    );
    expect(tf.memory().numTensors).toBe(before);
  }, 60_000);

  it('has the size of the paper, and starts as PyTorch does', async () => {
    const network = autoencoder({ imageShape: [32, 32, 3], filters: 20 });
    expect(network.latentSize).toBe(320);
    const { parameters, statistics } = network.init(randomStream(3, 'init'));
    expect(Object.values(parameters).reduce((sum, { size }) => sum + size, 0)).toBe(44_160);
    expect(Object.keys(parameters)).toEqual(Object.keys(reference.parameters));
    const fanIns = {
      'encoder.0.weight': 48,
      'encoder.9.conv3.weight': 180,
      'encoder.9.conv3.bias': 180,
      'encoder.9.conv1.weight': 20,
      'decoder.4.weight': 320,
      'decoder.10.weight': 48,
    };
    for (const [name, fanIn] of Object.entries(fanIns)) {
      const largest = Math.max(...Array.from(await parameters[name].data(), Math.abs));
      expect(largest, name).toBeLessThanOrEqual(1 / Math.sqrt(fanIn));
      expect(largest, name).toBeGreaterThan(0.8 / Math.sqrt(fanIn));
    }
    disposeAll(parameters, statistics);
  });

  it.each([
    [[32, 32, 3], 20],
    [[16, 8, 1], 3],
  ] as const)('of images of %j with %i filters is as large as its size says', (imageShape, filters) => {
    const network = autoencoder({ imageShape, filters });
    const { parameters, statistics } = network.init(randomStream(0, 'init'));
    const count = (tree: Parameters) => Object.values(tree).reduce((sum, { size }) => sum + size, 0);
    expect(autoencoderSize({ imageShape, filters })).toEqual({
      parameters: count(parameters),
      statistics: count(statistics),
    });
    expect(latentSize({ imageShape, filters })).toBe(network.latentSize);
    disposeAll(parameters, statistics);
  });

  it('refuses images whose sides are not in eights', () => {
    expect(() => autoencoder({ imageShape: [32, 28, 3], filters: 2 })).toThrow(
      /multiples of 8 pixels; these are 32 × 28/,
    );
  });
});
