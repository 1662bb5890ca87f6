import type { Scalar } from '@tensorflow/tfjs';
import { describe, expect, it } from 'vitest';
import type { GraphicsFailure } from '../../../src/engine/programs/runProgram.ts';
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

  it('with no more than WebGPU promises: the next step says which one needed more, also where the networks do', async () => {
    const { Runner } = await import('../../../src/engine/runner/runner.ts');
    deviceOf().createBuffer({ size: 2 ** 50, usage: GPUBufferUsage.STORAGE });
    await deviceOf().queue.onSubmittedWorkDone();
    await turn();
    const adapter = GPUAdapter.prototype as { requestDevice: (descriptor?: object) => Promise<GPUDevice> };
    const { requestDevice } = adapter;
    adapter.requestDevice = function () {
      return requestDevice.call(this);
    };
    const failures: GraphicsFailure[] = [];
    await startBackend('webgpu', '', (failure) => failures.push(failure)).finally(() => {
      adapter.requestDevice = requestDevice;
    });
    const most = deviceOf().limits.maxStorageBufferBindingSize;
    expect(most).toBe(2 ** 27);
    const settled = async () => {
      await deviceOf().queue.onSubmittedWorkDone();
      await turn();
    };

    const step = (numbers: number) => ({
      name: `sum of ${numbers}`,
      run: ({ weight }: { weight: Scalar }) => ({
        state: { weight },
        outputs: tf.sum<Scalar>(tf.fill([numbers], 1)),
      }),
    });
    const runner = new Runner(() => ({ weight: tf.scalar(1) }));
    expect(Array.from(await runner.run(step(1000), {}).read())).toEqual([1000]);
    runner.run(step(most / 4 + 4), {}).drop();
    await settled();
    expect(() => runner.run(step(1000), {})).toThrow(
      /^The graphics card cannot do the step "sum of 33554436" \(.+\)\.$/,
    );
    runner.dispose();

    const large = new Runner(() => ({ weight: tf.fill([most / 4 + 4], 1) as unknown as Scalar }));
    await settled();
    expect(() => large.run(step(1000), {})).toThrow(/^The graphics card cannot hold the networks \(.+\)\.$/);
    large.dispose();
    expect(failures).toEqual([]);
  });
});
