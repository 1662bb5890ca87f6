import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings } from '../../../../src/core/config.ts';
import type { WholeDataset, WholeSet } from '../../../../src/core/dataset.ts';
import { below, randomStream } from '../../../../src/core/random.ts';
import { trialSteps, warmUp } from '../../../../src/engine/backendChoice.ts';
import { runExperiment } from '../../../../src/engine/experiment.ts';
import { compileAhead, dispatch, flat, flatIndex } from '../../../../src/engine/programs/dispatch.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

const report = { name: 'webgpu', device: 'a test', hardware: false, passedOver: [] } as const;
const lane = {
  ...defaultSettings,
  method: 'gem',
  samplesPerTask: 20,
  hidden: 9,
  memoryPerClass: 3,
  evaluationInterval: 1,
  evaluationSize: 15,
} as const;

/** Noise of the scenario's own size, as the trial's is. */
function noise(count: number): WholeSet {
  const random = randomStream(count, 'data');
  return {
    count,
    labels: Uint8Array.from({ length: count }, (_, index) => index % 10),
    pixels: Uint8Array.from({ length: count * 784 }, () => below(256, random)),
  };
}

const digits: WholeDataset = {
  name: 'noise',
  imageShape: [28, 28, 1],
  classNames: Array.from({ length: 10 }, (_, label) => String(label)),
  train: noise(300),
  test: noise(50),
};

/** Losses of the five tasks of a run that is traced at every step. */
async function runNumbers(name: 'webgpu' | 'cpu'): Promise<number[]> {
  const numbers: number[] = [];
  const options = { dataset: digits, lanes: [lane], backend: { ...report, name }, wantsTrace: () => true };
  for await (const event of runExperiment(options)) {
    if (event.kind === 'progress') numbers.push(...event.losses);
    if (event.kind === 'stepped' && event.step === 10) break;
  }
  return numbers;
}

describe.runIf(webgpu !== null)('programs that are compiled ahead', () => {
  afterEach(() => vi.restoreAllMocks());

  it('are compiled in the background, and a run of five tasks, evaluated and traced, then waits for none and computes as always', async () => {
    const { device } = tf.backend() as unknown as { readonly device: GPUDevice };
    const [waited, background] = [
      vi.spyOn(device, 'createComputePipeline'),
      vi.spyOn(device, 'createComputePipelineAsync'),
    ];
    const before = tf.memory().numTensors;
    await compileAhead(() => warmUp({ steps: (block) => trialSteps([lane], block, report), now: () => 0 }));
    expect(tf.memory().numTensors).toBe(before);
    const compiled = background.mock.calls.length;
    expect(waited).not.toHaveBeenCalled();
    expect(compiled).toBeGreaterThan(10);

    const losses = await runNumbers('webgpu');
    // What is read back together is joined by a program for just so many numbers.
    const late = waited.mock.calls.map(([{ label }]) => label);
    expect(late.filter((label) => label !== 'ConcatProgram')).toEqual([]);
    expect(late.length).toBeLessThan(3);
    expect(background).toHaveBeenCalledTimes(compiled);
    await tf.setBackend('cpu');
    const expected = await runNumbers('cpu');
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
