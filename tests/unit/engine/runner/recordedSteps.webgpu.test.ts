import * as tf from '@tensorflow/tfjs';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { methods } from '../../../../src/core/methods.ts';
import { dispatchCounter, withoutDevice } from '../../../../src/engine/benchmark/stopwatch.ts';
import * as capturing from '../../../../src/engine/runner/capture.ts';
import { Runner } from '../../../../src/engine/runner/runner.ts';
import { numbers, scalar, type Step } from '../../../../src/engine/runner/step.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import {
  type Course,
  courseOf,
  courseOnResnet,
  expectPlayedAsDirect,
  undecoded,
  wholeCourses,
} from './playedCourse.ts';

const webgpu = await startTestWebgpu();

/** The methods that the ResNet learns by. */
const onPictures = undecoded.filter((method) => methods[method].scenarios.includes('split-cifar10'));

/** Those with a decoder stand in decoders.webgpu.test.ts. */
const courses: readonly (readonly [string, Course])[] = [
  ...undecoded.map((method) => [method, courseOf(method)] as const),
  ...(wholeCourses ? onPictures : (['er-mir'] as const)).map(
    (method) => [`${method} on pictures`, courseOnResnet(method)] as const,
  ),
];

describe.skipIf(webgpu === null)('recordings on WebGPU', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each(courses)(
    '%s: two lanes, one a step behind, give bit for bit what the steps give directly, and make nothing while they play',
    (_, course) => expectPlayedAsDirect(course),
  );

  it('gives other numbers where an input is frozen into the recording', async () => {
    const frozen: Step<{ sum: tf.Tensor }, { by: ReturnType<typeof scalar> }, tf.Tensor> = {
      name: 'frozen',
      run: ({ sum }, { by }) => {
        // What a step must not do: read an input and build it in.
        const next = tf.add(sum, tf.scalar(by.size + changing));
        return { state: { sum: next }, outputs: next };
      },
    };
    let changing = 0;
    const runner = new Runner(() => ({ sum: tf.zeros([3]) }));
    const results: ArrayLike<number>[] = [];
    for (changing = 1; changing <= 3; changing++) results.push(await runner.run(frozen, { by: scalar(1) }).read());
    expect(results.map((values) => values[0])).toEqual([2, 4, 6]);
    runner.dispose();
  });

  it('takes new inputs each time, and keeps one recording for one shape', async () => {
    const step: Step<{ sum: tf.Tensor }, { by: ReturnType<typeof numbers> }, tf.Tensor> = {
      name: 'sum',
      run: ({ sum }, { by }) => ({ state: { sum: tf.add(sum, by) }, outputs: tf.mul(by, 2) }),
    };
    const runner = new Runner(() => ({ sum: tf.zeros<tf.Rank>([2]) }));
    const outputs = [1, 2, 3].map((value) => runner.run(step, { by: numbers(Float32Array.of(value, 10 * value)) }));
    expect(await Promise.all(outputs.map(async (output) => Array.from(await output.read())))).toEqual([
      [2, 20],
      [4, 40],
      [6, 60],
    ]);
    expect(Array.from(await runner.state.sum.data())).toEqual([6, 60]);
    runner.dispose();
  });

  it('gives the device nothing while a benchmark plays without it, and everything afterwards', async () => {
    const step: Step<{ sum: tf.Tensor }, { by: ReturnType<typeof scalar> }, tf.Tensor> = {
      name: 'silent sum',
      run: ({ sum }, { by }) => ({ state: { sum: tf.add(sum, by) }, outputs: tf.mul(by, 2) }),
    };
    const runner = new Runner(() => ({ sum: tf.zeros([2]) }));
    const learn = (value: number) => runner.run(step, { by: scalar(value) });
    learn(1).drop();
    const counter = dispatchCounter();
    const played = vi.spyOn(capturing, 'play');
    await withoutDevice(async () => {
      for (const value of [10, 20, 30]) learn(value).drop();
      await Promise.resolve();
    });
    // Inputs, commands and state, three times.
    expect([played.mock.calls.length, counter?.dispatches, counter?.submits]).toEqual([9, 0, 0]);
    expect(Array.from(await learn(5).read())).toEqual([10]);
    expect(Array.from(await runner.state.sum.data())).toEqual([6, 6]);
    expect(counter?.dispatches).toBe(2);
    counter?.stop();
    runner.dispose();
  });
});
