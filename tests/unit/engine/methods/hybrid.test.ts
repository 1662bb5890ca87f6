import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { type RunConfig, scenarioSettings } from '../../../../src/core/config.ts';
import type { MethodName } from '../../../../src/core/methods.ts';
import type { BackendReport, ExperimentEvent } from '../../../../src/core/events.ts';
import { runExperiment } from '../../../../src/engine/experiment.ts';
import { startTestBackend } from '../startTestBackend.ts';
import { syntheticPictures } from '../syntheticPictures.ts';

const dataset = syntheticPictures(32, 14, 3);

const laneOf = (method: MethodName): RunConfig => ({
  ...scenarioSettings('split-cifar10'),
  method,
  samplesPerTask: 20,
  memoryPerClass: 3,
  filters: 1,
  aeFilters: 2,
  aeEpochs: 2,
  aeReplays: 6,
  aeCandidates: 12,
  evaluationInterval: 10,
  evaluationSize: 10,
  seed: 1,
});

const of = <K extends ExperimentEvent['kind']>(events: readonly ExperimentEvent[], kind: K) =>
  events.filter((event): event is Extract<ExperimentEvent, { kind: K }> => event.kind === kind);

describe('AE-ER and AE-MIR in an experiment, with a ResNet on wasm', () => {
  let backend: BackendReport;
  const events: ExperimentEvent[] = [];
  let leaked = 0;
  beforeAll(async () => {
    backend = await startTestBackend('wasm');
    const before = tf.memory().numTensors;
    const options = { dataset, lanes: [laneOf('ae-er'), laneOf('ae-mir')], backend, wantsTrace: () => true };
    for await (const event of runExperiment(options)) events.push(event);
    leaked = tf.memory().numTensors - before;
  }, 300_000);

  it('runs to the end, frees everything, and tells of every update before a task', () => {
    const [{ results }] = of(events, 'finished');
    expect(results.map((result) => result?.accuracyMatrix.length)).toEqual([5, 5]);
    expect(results.map((result) => result?.steps)).toEqual([10, 10]);
    expect(leaked).toBe(0);
    const updates = of(events, 'preparing').filter(({ lane, step }) => lane === 1 && step === 2);
    expect(updates.slice(0, 4).map(({ done, total }) => [done, total])).toEqual([
      [1, 4],
      [2, 4],
      [3, 4],
      [4, 4],
    ]);
    expect(new Set(of(events, 'preparing').map(({ step }) => step))).toEqual(new Set([0, 2, 4, 6, 8]));
  });

  it('shows what both retrievals decode to, with labels, tasks and losses', () => {
    const traces = of(events, 'traced');
    expect(traces).toHaveLength(20);
    for (const { retrieval, task, lane } of traces) {
      if (retrieval?.kind !== 'latents') throw new Error('A trace of the hybrid shows latents.');
      const { mirPicks, randomPicks, path, pictures, used } = retrieval;
      expect(used).toBe(lane === 0 ? 'random' : 'mir');
      const count = task === 1 ? 0 : 6;
      const points = path?.objective.length ?? 0;
      expect([mirPicks.length, randomPicks.length, points]).toEqual([count, count, task === 1 ? 0 : 2]);
      expect([pictures.mirPicks.length, pictures.path.length, pictures.reconstructions.length]).toEqual([
        count * 3_072,
        points * 3_072,
        30_720,
      ]);
      for (const pick of [...mirPicks, ...randomPicks]) {
        expect(pick.task).toBe(Math.floor(pick.label / 2) + 1);
        expect(pick.task).toBeLessThan(task);
        expect(pick.confidence).toBeNull();
        expect(Number.isFinite(pick.lossBefore + pick.lossAfter)).toBe(true);
      }
    }
  });

  it('counts what it replayed and what it keeps, and shows test images with their reconstructions', () => {
    for (const lane of [0, 1]) {
      const last = of(events, 'progress')
        .filter((event) => event.lane === lane)
        .at(-1);
      expect(last?.counts.replayedByTask.reduce((sum, count) => sum + count)).toBe(8 * 6);
      expect(last?.counts.replayedByTask[4]).toBe(0);
      expect(last?.counts.storedByTask.reduce((sum, count) => sum + count)).toBe(30);
      expect(last?.replacedLatents).toBe(0);
    }
    const shown = of(events, 'reconstructed');
    expect(shown).toHaveLength(10);
    for (const { samples, pictures } of shown) {
      expect(pictures.originals).toHaveLength(samples.length * 3_072);
      expect(pictures.reconstructions).toHaveLength(samples.length * 3_072);
    }
  });
});
