import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { pooledFeatureCount, pooledFeatures } from '../../../../src/engine/models/networks.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

describe.each(testBackends)('pooled features on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it('are the means of whole 4 × 4 windows, channel by channel', async () => {
    // 9 rows and 6 columns: two windows below each other; one row and two columns left over.
    const value = (row: number, column: number, channel: number) => (channel === 0 ? 100 * row + column : -row);
    const data = Array.from({ length: 9 }, (_, row) =>
      Array.from({ length: 6 }, (_, column) => [value(row, column, 0), value(row, column, 1)]),
    );
    const x = tf.tensor4d([data]);
    const features = tf.tidy(() => pooledFeatures(x));
    expect(features.shape).toEqual([1, 4]);
    expect(pooledFeatureCount(9, 6, 2)).toBe(4);
    expect(Array.from(await features.data())).toEqual([151.5, 551.5, -1.5, -5.5]);
    tf.dispose([x, features]);
  });

  it('pass 1/16 of the gradient to each pixel of a window, and none to those left over', async () => {
    const x = tf.ones<tf.Rank.R4>([1, 9, 6, 2]);
    const weights = tf.tensor2d([[16, 32, 48, 64]]);
    const gradient = tf.tidy(() =>
      tf.grad((images: tf.Tensor) => tf.sum(tf.mul(pooledFeatures(images as tf.Tensor4D), weights)))(x),
    );
    const [picture] = (await gradient.array()) as number[][][][];
    picture.forEach((row, i) =>
      row.forEach((pixel, j) => {
        expect(pixel).toEqual(j > 3 || i > 7 ? [0, 0] : i < 4 ? [1, 3] : [2, 4]);
      }),
    );
    tf.dispose([x, weights, gradient]);
  });
});
