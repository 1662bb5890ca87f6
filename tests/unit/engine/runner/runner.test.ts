import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { ImageSet } from '../../../../src/core/dataset.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { look, Runner } from '../../../../src/engine/runner/runner.ts';
import { type HostTensor, type ImageRows, numbers, scalar, type Step } from '../../../../src/engine/runner/step.ts';
import { read } from '../outputs.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

interface Walk {
  readonly at: tf.Tensor1D;
  /** How it began; a step passes it on. */
  readonly start: tf.Tensor1D;
  /** Null before the first step. */
  readonly last: { readonly way: tf.Tensor1D } | null;
}

const walker = () =>
  new Runner((): Walk => {
    const start = tf.tensor1d([1, 2, 3]);
    return { at: tf.mul(start, 1), start, last: null };
  });

/** Goes on by a way, and gives the square of where it comes to. */
const walk: Step<Walk, HostTensor<tf.Rank.R1>, tf.Tensor1D> = {
  name: 'walk',
  run({ at, start }, way) {
    const next: tf.Tensor1D = tf.add(at, way);
    return { state: { at: next, start, last: { way } }, outputs: tf.square(next) };
  },
};

const where = look<Walk, null, tf.Tensor1D>('where', ({ at }) => at);

describe.each(testBackends)('Runner on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it('keeps the new state and frees the old: as many tensors after 20 steps as after one, none at the end', async () => {
    const before = tf.memory().numTensors;
    const runner = walker();
    expect(tf.memory().numTensors).toBe(before + 2);
    for (let step = 1; step <= 20; step++) {
      expect(await read(runner.run(walk, numbers(Float32Array.of(1, 0, -1))))).toEqual([
        (1 + step) ** 2,
        4,
        (3 - step) ** 2,
      ]);
      // Where it is, where it began, and its last way.
      expect(tf.memory().numTensors).toBe(before + 3);
    }
    expect(Array.from(runner.state.start.dataSync())).toEqual([1, 2, 3]);
    runner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('leaves the state as it was, and nothing else, where a step throws', async () => {
    const before = tf.memory().numTensors;
    const runner = walker();
    runner.run(walk, numbers(Float32Array.of(1, 1, 1))).drop();
    const alive = tf.memory().numTensors;
    const stumble: typeof walk = {
      name: 'stumble',
      run(state, way) {
        const { state: next } = walk.run(state, way);
        throw new Error(`It fell at ${next.at.dataSync().join()}.`);
      },
    };
    expect(() => runner.run(stumble, numbers(Float32Array.of(9, 9, 9)))).toThrow('It fell at 11,12,13.');
    expect(tf.memory().numTensors).toBe(alive);
    expect(await read(runner.run(where, null))).toEqual([2, 3, 4]);
    expect(await read(runner.run(walk, numbers(Float32Array.of(1, 1, 1))))).toEqual([9, 16, 25]);
    runner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('gives outputs that are also part of the state, new or old, or given twice, and frees each once', async () => {
    const before = tf.memory().numTensors;
    const runner = walker();
    const show: Step<Walk, HostTensor<tf.Rank.R1>, Record<string, tf.Tensor1D>> = {
      name: 'show',
      run(state, way) {
        const { state: next, outputs } = walk.run(state, way);
        return {
          state: { ...next, start: outputs },
          outputs: { once: outputs, twice: outputs, next: next.at, old: state.at, left: state.start, way },
        };
      },
    };
    const shown = runner.run(show, numbers(Float32Array.of(1, 1, 1)));
    // They stand for what was there when they were given.
    runner.run(walk, numbers(Float32Array.of(5, 5, 5))).drop();
    expect(await Promise.all(['once', 'twice', 'next', 'old', 'left', 'way'].map((name) => read(shown[name])))).toEqual(
      [
        [4, 9, 16],
        [4, 9, 16],
        [2, 3, 4],
        [1, 2, 3],
        [1, 2, 3],
        [1, 1, 1],
      ],
    );
    expect(tf.memory().numTensors).toBe(before + 3);
    runner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('hands in numbers in their shape and type, and images as tasks show them', async () => {
    const set: ImageSet = {
      count: 2,
      labels: Uint8Array.of(4, 7),
      pixels: Uint8Array.of(0, 51, 102, 255),
    };
    const source = imageSource(set, {
      range: [0, 1],
      permutation: (task) => (task === 1 ? null : Int32Array.of(1, 0)),
    });
    const rows: ImageRows = { kind: 'images', source, samples: Int32Array.of(1, 1), tasks: Int32Array.of(1, 2) };
    const runner = new Runner(() => null);
    const inputs = {
      matrix: numbers<tf.Rank.R2>(Float32Array.of(1, 2, 3, 4, 5, 6), [3, 2]),
      whole: [numbers(Int32Array.of(7, 8)), null],
      one: scalar(0.5),
      rows: [rows],
      word: 'kept',
    };
    const alive = tf.memory().numTensors;
    const seen = runner.run(
      look<null, typeof inputs, { values: tf.Tensor[]; told: string }>(
        'see',
        (_, { matrix, whole, one, rows: parts, word }) => ({
          values: [tf.transpose(matrix), tf.mul(one, 3), parts[0].images, parts[0].labels],
          told: [matrix.shape.join('×'), whole[0]?.dtype, whole[1], one.rank, word].join(),
        }),
      ),
      inputs,
    );
    expect(seen.told).toBe('3×2,int32,,0,kept');
    expect(await Promise.all(seen.values.map(read))).toEqual([
      [1, 3, 5, 2, 4, 6],
      [1.5],
      [Math.fround(0.4), 1, 1, Math.fround(0.4)],
      [7, 7],
    ]);
    expect(tf.memory().numTensors).toBe(alive);
  });
});
