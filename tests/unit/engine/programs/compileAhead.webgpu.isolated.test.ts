import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../../src/core/config.ts';
import { scenarios } from '../../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../../src/core/stream.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { gem } from '../../../../src/engine/methods/gem.ts';
import { learnerOf } from '../../../../src/engine/methods/learner.ts';
import { classifierFor } from '../../../../src/engine/models/networks.ts';
import { compileAhead, dispatch, flat, flatIndex } from '../../../../src/engine/programs/dispatch.ts';
import { dropAll, read } from '../outputs.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import { syntheticDataset } from '../syntheticDataset.ts';

const webgpu = await startTestWebgpu();

/** Losses of GEM's first steps on two tasks of a few small images. */
async function gemLosses(): Promise<number[]> {
  const dataset = syntheticDataset(100, 5);
  const config = { ...defaultSettings, method: 'gem', samplesPerTask: 20, hidden: 9, memoryPerClass: 3 } as const;
  const scenario = scenarios[config.scenario];
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  const images = imageSource(dataset.train, scenario.view(config, dataset));
  const learner = learnerOf(
    gem({
      config,
      classifier: classifierFor(config, dataset),
      images,
      imageShape: dataset.imageShape,
      classCount: 10,
      taskCount: tasks.length,
    }),
    1,
  );
  const losses: number[] = [];
  for (const { batches } of sequentialStream(tasks, dataset.train.labels).slice(0, 3)) {
    const observed = learner.observe(batches[0], 'random', false);
    losses.push(...(await read(observed.losses)));
    dropAll(observed);
  }
  learner.dispose();
  images.dispose();
  return losses;
}

describe.runIf(webgpu !== null)('programs that are compiled ahead', () => {
  afterEach(() => vi.restoreAllMocks());

  it('are compiled in the background, and the work itself then waits for none and computes as always', async () => {
    const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
    const [waited, background] = [
      vi.spyOn(device, 'createComputePipeline'),
      vi.spyOn(device, 'createComputePipelineAsync'),
    ];
    const before = tf.memory().numTensors;
    await compileAhead(async () => {
      await gemLosses();
    });
    expect(tf.memory().numTensors).toBe(before);
    const compiled = background.mock.calls.length;
    expect(waited).not.toHaveBeenCalled();
    expect(compiled).toBeGreaterThan(10);

    const losses = await gemLosses();
    expect(waited).not.toHaveBeenCalled();
    expect(background).toHaveBeenCalledTimes(compiled);
    await tf.setBackend('cpu');
    const expected = await gemLosses();
    await tf.setBackend('webgpu');
    expect(losses).toHaveLength(expected.length);
    losses.forEach((loss, index) => expect(Math.abs(loss - expected[index])).toBeLessThan(1e-3));
  });

  it('leave one that cannot be compiled to the work itself', async () => {
    const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
    const wrong = () =>
      dispatch({
        key: 'wrong',
        outputs: { made: { shape: [4] } },
        inputs: {},
        ...flat(4),
        code: () => `fn run(group : u32, lane : u32) { ${flatIndex(4)} made[index] = nothing; }`,
      });
    device.pushErrorScope('validation');
    await compileAhead(async () => tf.dispose(wrong()));
    expect((await device.popErrorScope())?.message).toMatch(/nothing/);
    device.pushErrorScope('validation');
    tf.dispose(wrong());
    expect((await device.popErrorScope())?.message).toMatch(/nothing/);
  });
});
