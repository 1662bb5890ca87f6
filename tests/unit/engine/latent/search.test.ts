import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { ownHeap } from '../../../../src/engine/kernels/heap.ts';
import * as kernels from '../../../../src/engine/kernels/latentClimb.ts';
import { tidy } from '../../../../src/engine/models/parameters.ts';
import { startTestBackend } from '../startTestBackend.ts';
import {
  atTheFloor,
  brokenSearches,
  expectSameClimb,
  forClassifier,
  forGenerator,
  onClassifier,
  onGenerator,
} from './climbs.ts';

describe('the ascent of latents by kernels of our own on wasm', () => {
  let before = 0;
  beforeAll(async () => {
    await startTestBackend('cpu');
    await startTestBackend('wasm');
    expect(ownHeap()).not.toBeNull();
    before = tf.memory().numTensors;
  });
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each(forClassifier)('ends where that of autodiff does, for the classifier’s %s', async (_, terms) => {
    const climbs = vi.spyOn(kernels, 'climb');
    for (const [depth, steps] of [
      [1, 1],
      [3, 3],
    ])
      await expectSameClimb('wasm', () => onClassifier(terms, depth, steps));
    // Two rounds for each number of steps; the first has nothing to be far from.
    expect(climbs).toHaveBeenCalledTimes('clsDiversity' in terms && Object.keys(terms).length === 1 ? 2 : 4);
    climbs.mockRestore();
  });

  it.each(forGenerator)('ends where that of autodiff does, for the generator’s %s', async (_, terms) => {
    for (const [depth, steps] of [
      [1, 1],
      [3, 3],
    ])
      await expectSameClimb('wasm', () => onGenerator(terms, depth, steps));
  });

  it('does so where the VAE after the virtual step holds probabilities at their floor', async () => {
    await expectSameClimb('wasm', atTheFloor);
  });

  it.each(brokenSearches)('leaves latents at their starts where networks are no numbers: the %s', async (_, search) => {
    await tf.setBackend('wasm');
    const [replaced] = tidy(() => [search().replaced.clone()]);
    expect(Array.from(await replaced.data())).toEqual([20]);
    replaced.dispose();
  });
});
