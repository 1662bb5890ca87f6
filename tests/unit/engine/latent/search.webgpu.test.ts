import * as tf from '@tensorflow/tfjs';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { tidy } from '../../../../src/engine/models/parameters.ts';
import * as dispatching from '../../../../src/engine/programs/dispatch.ts';
import { sharings } from '../programs/sharings.ts';
import { startTestWebgpu } from '../startTestWebgpu.ts';
import {
  atTheFloor,
  brokenSearches,
  expectSameClimb,
  forClassifier,
  forGenerator,
  onClassifier,
  onGenerator,
} from './climbs.ts';

const webgpu = await startTestWebgpu();

describe.runIf(webgpu !== null).each(sharings)('the ascent of latents on webgpu, as cut for %s', (_, sharing) => {
  let before = 0;
  beforeAll(() => {
    before = tf.memory().numTensors;
    vi.spyOn(dispatching, 'deviceSharing').mockReturnValue(sharing);
  });
  afterAll(async () => {
    vi.restoreAllMocks();
    expect(tf.memory().numTensors).toBe(before);
    await tf.setBackend('webgpu');
  });

  it.each(forClassifier)('ends where that of autodiff does, for the classifier’s %s', async (_what, terms) => {
    for (const steps of [1, 3]) await expectSameClimb('webgpu', () => onClassifier(terms, 1, steps));
  });

  it.each(forGenerator)('ends where that of autodiff does, for the generator’s %s', async (_what, terms) => {
    for (const steps of [1, 3]) await expectSameClimb('webgpu', () => onGenerator(terms, 1, steps));
  });

  it('does so where the VAE after the virtual step holds probabilities at their floor', async () => {
    await expectSameClimb('webgpu', atTheFloor);
  });

  it.each([2, 4])('does so for the generator, %i deep', async (depth) => {
    await expectSameClimb('webgpu', () => onGenerator(forGenerator[5][1], depth, 3));
  });

  it.each([2, 4])('does so for the classifier with a decoder %i deep', async (depth) => {
    await expectSameClimb('webgpu', () => onClassifier(forClassifier[4][1], depth, 3));
  });
});

describe.runIf(webgpu !== null)('networks that are no numbers after the virtual step', () => {
  it.each(brokenSearches)('leave all latents at their starts: the %s', async (_, search) => {
    for (const backend of ['cpu', 'webgpu']) {
      await tf.setBackend(backend);
      const [replaced] = tidy(() => [search().replaced.clone()]);
      expect(Array.from(await replaced.data()), backend).toEqual([20]);
      replaced.dispose();
    }
  });
});

describe.runIf(webgpu !== null)('a step of the ascent', () => {
  it.each([1, 2])('takes few dispatches, %i deep', async (depth) => {
    await tf.setBackend('webgpu');
    const count = (search: (steps: number) => unknown) => {
      const counted = vi.spyOn(dispatching, 'dispatch');
      const [one, two] = [1, 2].map((steps) => {
        counted.mockClear();
        tidy(() => {
          search(steps);
          return [];
        });
        return counted.mock.calls.length;
      });
      counted.mockRestore();
      // Two rounds.
      return (two - one) / 2;
    };
    expect(count((steps) => onClassifier(forClassifier[4][1], depth, steps))).toBe(2 * depth + 7);
    expect(count((steps) => onGenerator(forGenerator[5][1], depth, steps))).toBe(6 * depth + 10);
  });
});
