import type { Scalar } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { GraphicsFailure } from '../../../src/engine/programs/graphicsFailure.ts';
import { startTestWebgpu } from './startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

// It must find WebGPU when it is loaded.
const tf = await import('@tensorflow/tfjs');

describe.skipIf(webgpu === null)('a device of WebGPU', async () => {
  const { startBackend } = await import('../../../src/engine/backends.ts');
  const deviceOf = () => (tf.backend() as unknown as { readonly device: GPUDevice }).device;
  const turn = () => new Promise((resolve) => setTimeout(resolve, 50));

  it('gives the numbers that are written down', async () => {
    const { checkNumbers } = await import('../../../src/engine/numberCheck.ts');
    await checkNumbers();
  });

  it('that is asked for more than it has in a recording: the next step says which one it was, and what was too much', async () => {
    const { Runner } = await import('../../../src/engine/runner/runner.ts');
    const failures: GraphicsFailure[] = [];
    await startBackend('webgpu', '', (failure) => failures.push(failure));
    const runner = new Runner(() => ({ weight: tf.scalar(1) }));
    const greedy = {
      name: 'greedy',
      // A buffer of 8 GiB.
      run: ({ weight }: { weight: Scalar }) => ({
        state: { weight: tf.sum<Scalar>(tf.fill([2 ** 31], 1)) },
        outputs: weight,
      }),
    };
    runner.run(greedy, {}).drop();
    await deviceOf().queue.onSubmittedWorkDone();
    await turn();
    expect(() => runner.run(greedy, {})).toThrow(
      /^The graphics card cannot do the step "greedy" \(.*8589934592.*\)\.$/,
    );
    expect(failures).toEqual([]);
    runner.dispose();
  });

  it('that reports an error nobody caught is told of once, and the next start has another device', async () => {
    const failures: GraphicsFailure[] = [];
    await startBackend('webgpu', '', (failure) => failures.push(failure));
    const before = deviceOf();
    for (let time = 0; time < 2; time++) before.createBuffer({ size: 2 ** 50, usage: GPUBufferUsage.STORAGE });
    await before.queue.onSubmittedWorkDone();
    await turn();
    expect(failures.map(({ trouble }) => trouble)).toEqual(['error']);
    await startBackend('webgpu', '');
    expect(deviceOf()).not.toBe(before);
    expect(Array.from(await tf.add(tf.tensor1d([1, 2]), 1).data())).toEqual([2, 3]);
  });
});
