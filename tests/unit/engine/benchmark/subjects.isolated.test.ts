import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import type { RunConfig } from '../../../../src/core/config.ts';
import { contestantsOf, type SubjectName, subjectNames } from '../../../../src/core/timing.ts';
import { benchmarkInput } from '../../../../src/engine/benchmark/contests.ts';
import { subjects } from '../../../../src/engine/benchmark/subjects.ts';
import { startStopwatch } from '../../../../src/engine/benchmark/stopwatch.ts';
import { startTestBackend } from '../startTestBackend.ts';
import { syntheticDataset } from '../syntheticDataset.ts';
import { syntheticPictures } from '../syntheticPictures.ts';

beforeAll(() => startTestBackend('wasm'));

const small: Partial<RunConfig> = {
  samplesPerTask: 30,
  hidden: 8,
  memoryPerClass: 10,
  filters: 1,
  vaeHidden: 8,
  vaeLatents: 4,
  genIterations: 2,
  clsIterations: 2,
  replayBatches: 2,
  ascentSteps: 2,
  aeFilters: 2,
  aeEpochs: 1,
  aeReplays: 4,
  aeCandidates: 8,
  candidates: 20,
};

const digits = syntheticDataset(30, 4);
// An autoencoder takes eights, a ResNet 25 pixels or more.
const [pictures, smallPictures] = [32, 25].map((side) => syntheticPictures(side, 15, 1));

describe('subjects', () => {
  // The paper's settings take minutes; what a subject prepares is the same.
  it.each<SubjectName>([...subjectNames])('%s: all contestants do its steps, and nothing is left', async (name) => {
    const { config, prepare } = subjects[name];
    const ofPictures = config.method === 'er-mir' ? smallPictures : pictures;
    const dataset = config.scenario === 'split-mnist' ? digits : ofPictures;
    const before = tf.memory().numTensors;
    let clock = 0;
    for (const contestant of contestantsOf(name, { stock: true, peers: false })) {
      const doer = { name: contestant, makePeer: null };
      const entrant = await startStopwatch(
        contestant,
        () => prepare(benchmarkInput(dataset, { ...config, ...small }), doer),
        () => (clock += 1_000),
      );
      const { alive } = await entrant.block(2);
      expect(alive.after).toEqual(alive.before);
      await entrant.end();
      expect(tf.memory().numTensors).toBe(before);
    }
  });

  it('are at the paper’s settings', () => {
    expect(subjects['er-mir'].config).toMatchObject({
      scenario: 'split-mnist',
      hidden: 400,
      learningRate: 0.1,
      candidates: 50,
      budget: 10,
      memoryPerClass: 50,
    });
    expect(subjects['gen-mir'].config).toMatchObject({
      method: 'gen-mir',
      replayBatches: 10,
      ascentSteps: 10,
      genKl: 0.1,
      clsInterference: 0.1,
      vaeDropout: 0.4,
    });
    expect(subjects.gen.config).toMatchObject({
      method: 'gen',
      replayBatches: 4,
      genIterations: 15,
      memoryCoefficient: 3,
    });
    expect(subjects['ae-mir'].config).toMatchObject({
      scenario: 'split-cifar10',
      filters: 20,
      aeFilters: 20,
      aeReplays: 100,
      learningRate: 0.1,
    });
  });
});
