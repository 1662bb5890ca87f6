import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type Retrieval, type RunConfig } from '../../../src/core/config.ts';
import type { MethodName } from '../../../src/core/methods.ts';
import type {
  BackendReport,
  EvaluationEvent,
  ExperimentEvent,
  RetrievalReport,
  TracedStep,
} from '../../../src/core/events.ts';
import { averageAccuracy, averageForgetting } from '../../../src/core/metrics.ts';
import { type ExperimentOptions, runExperiment } from '../../../src/engine/experiment.ts';
import { startTestBackend } from './startTestBackend.ts';
import { syntheticDataset } from './syntheticDataset.ts';

const dataset = syntheticDataset(60, 20);

function laneOf(method: MethodName, change: Partial<RunConfig> = {}): RunConfig {
  const small = { samplesPerTask: 80, hidden: 16, memoryPerClass: 4, candidates: 12, budget: 5, seed: 1 };
  return { ...defaultSettings, ...small, evaluationInterval: 4, evaluationSize: 50, method, ...change };
}

let backend: BackendReport;
beforeAll(async () => {
  backend = await startTestBackend('wasm');
});

async function run(lanes: RunConfig[], more: Partial<ExperimentOptions> = {}): Promise<ExperimentEvent[]> {
  const events: ExperimentEvent[] = [];
  for await (const event of runExperiment({ dataset, lanes, backend, ...more })) events.push(event);
  return events;
}

function of<K extends ExperimentEvent['kind']>(events: readonly ExperimentEvent[], kind: K, lane?: number) {
  return events.filter(
    (event): event is Extract<ExperimentEvent, { kind: K }> =>
      event.kind === kind && (lane === undefined || !('lane' in event) || event.lane === lane),
  );
}

/** A retrieval from a memory of images; null if there was none. */
function fromMemory(retrieval: TracedStep['retrieval']): RetrievalReport | null {
  return retrieval?.kind === 'memory' ? retrieval : null;
}

const tensorUsage = () => {
  const { numTensors, numBytes } = tf.memory();
  return { numTensors, numBytes };
};

const lossesOf = (events: readonly ExperimentEvent[], lane: number) =>
  of(events, 'progress', lane).flatMap(({ losses }) => losses);

describe('runExperiment', () => {
  it('gives the same numbers for the same configuration, and others for another seed', async () => {
    const lanes = [laneOf('er'), laneOf('er-mir')];
    const [one, two] = [await run(lanes), await run(lanes)];
    expect(two).toEqual(one);
    expect(lossesOf(one, 1)).toHaveLength(40);
    expect(lossesOf(await run([laneOf('er', { seed: 2 })]), 0)).not.toEqual(lossesOf(one, 0));
  });

  it('evaluates every step after a boundary where asked, on the subset also at the boundary, and learns the same', async () => {
    const [plain, zoomed] = [
      await run([laneOf('er'), laneOf('iid-online')]),
      await run([laneOf('er', { boundaryEvaluations: 3 }), laneOf('iid-online', { boundaryEvaluations: 3 })]),
    ];
    const [before, after] = [of(plain, 'evaluated', 0), of(zoomed, 'evaluated', 0)];
    const { steps } = of(plain, 'started')[0].tasks[0];
    const boundaries = of(plain, 'started')[0]
      .tasks.slice(1)
      .map((_, task) => (task + 1) * steps);
    const added = after.filter(({ step }) => !before.some((other) => other.step === step)).map(({ step }) => step);
    const wanted = boundaries.flatMap((end) => [1, 2, 3].map((more) => end + more));
    const already = new Set(before.map(({ step }) => step));
    expect(added).toEqual(wanted.filter((step) => !already.has(step)));
    expect(added.length).toBeGreaterThan(0);
    const shared = after.filter(({ step }) => already.has(step));
    expect(shared.map(({ accuracyByTaskOnSubset: _subset, ...evaluation }) => evaluation)).toEqual(before);
    for (const { taskEnd, task, accuracyByTaskOnSubset } of after)
      expect(accuracyByTaskOnSubset?.filter((accuracy) => accuracy !== null).length).toBe(taskEnd ? task : undefined);
    expect(of(zoomed, 'finished')[0].results.map((result) => result?.accuracyMatrix)).toEqual(
      of(plain, 'finished')[0].results.map((result) => result?.accuracyMatrix),
    );
    expect(lossesOf(zoomed, 0)).toEqual(lossesOf(plain, 0));
    expect(
      of(await run([laneOf('er', { boundaryEvaluations: 3 })], { evaluatesBetween: false }), 'evaluated'),
    ).toHaveLength(5);
  });

  it('counts every answer to the test images, true class by answer', async () => {
    const events = await run([laneOf('fine-tune'), laneOf('er'), laneOf('iid-online')]);
    const [finished] = of(events, 'finished');
    for (const lane of [0, 1, 2]) {
      const evaluations = of(events, 'evaluated', lane);
      for (const { confusion, accuracyByTask, set, testImages } of evaluations) {
        const counts = Array.from(confusion ?? []);
        const row = (label: number) => counts.slice(10 * label, 10 * label + 10);
        const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
        expect(counts).toHaveLength(100);
        expect(sum(counts)).toBe(testImages);
        accuracyByTask.forEach((accuracy, task) => {
          const labels = [2 * task, 2 * task + 1];
          const asked = sum(labels.flatMap(row));
          if (accuracy === null) expect(asked).toBe(0);
          else expect(sum(labels.map((label) => row(label)[label])) / asked).toBeCloseTo(accuracy, 12);
          // The test set has 20 images of each class.
          if (accuracy !== null && set === 'complete') expect(labels.map((label) => sum(row(label)))).toEqual([20, 20]);
        });
      }
      const last = Array.from(evaluations.at(-1)?.confusion ?? []);
      expect(finished.results[lane]?.confusion.flat()).toEqual(last);
      expect(finished.results[lane]?.confusion).toHaveLength(10);
    }
  });

  it('measures −ELBO of lanes with a VAE, and shows what their decoders make of test images', async () => {
    const change = {
      vaeHidden: 12,
      vaeLatents: 4,
      genIterations: 2,
      clsIterations: 2,
      replayBatches: 1,
      ascentSteps: 1,
    };
    const events = await run([laneOf('er', change), laneOf('gen-mir', change)], { wantsTrace: () => true });
    const [er, gen] = [of(events, 'evaluated', 0), of(events, 'evaluated', 1)];
    expect(er.every(({ elbo, elboByTask }) => elbo === null && elboByTask === null)).toBe(true);
    for (const { elbo, elboByTask, task } of gen) {
      const seen = (elboByTask ?? []).flatMap((parts) => parts ?? []);
      expect(seen).toHaveLength(task);
      for (const { total, reconstruction, kl } of seen) {
        expect(total).toBeCloseTo(reconstruction + kl, 9);
        expect(reconstruction).toBeGreaterThan(0);
        expect(kl).toBeGreaterThanOrEqual(0);
      }
      expect(elbo?.total).toBeCloseTo(seen.reduce((sum, { total }) => sum + total, 0) / task, 9);
    }
    const [plain, result] = of(events, 'finished')[0].results;
    expect(plain?.negativeElbo).toBeNull();
    expect(result?.negativeElbo).toBe(gen[gen.length - 1].elbo?.total);
    expect(result?.elboByTask).toHaveLength(5);

    const [size] = [dataset.imageShape.reduce((product, side) => product * side, 1)];
    const shown = of(events, 'reconstructed');
    expect(shown.every(({ lane }) => lane === 1)).toBe(true);
    const last = shown[shown.length - 1];
    expect(new Set(last.samples.map(({ task }) => task))).toEqual(new Set([1, 2, 3, 4, 5]));
    expect(last.pictures.originals).toHaveLength(last.samples.length * size);
    expect(last.pictures.reconstructions).toHaveLength(last.samples.length * size);
    expect(dataset.test.pixels.join()).toContain(last.pictures.originals.subarray(0, size).join());
  });

  it('comes to the same end whether it is evaluated between the ends of tasks or not', async () => {
    const lanes = [laneOf('er-mir'), laneOf('iid-online')];
    const [often, seldom] = [await run(lanes), await run(lanes, { evaluatesBetween: false })];
    const stepsOf = (events: ExperimentEvent[]) => of(events, 'evaluated').map(({ lane, step }) => `${lane} ${step}`);
    expect(stepsOf(often).length).toBeGreaterThan(20);
    expect(stepsOf(seldom)).toEqual([8, 16, 24, 32, 40].flatMap((step) => [`0 ${step}`, `1 ${step}`]));
    expect(of(seldom, 'finished')).toEqual(of(often, 'finished'));
    expect([0, 1].map((lane) => lossesOf(seldom, lane))).toEqual([0, 1].map((lane) => lossesOf(often, lane)));
  });

  it('gives a lane the same run alone as beside others', async () => {
    // More than the page shows.
    const lanes = (['fine-tune', 'iid-offline', 'er', 'er-mir', 'der', 'ewc'] as const).map((method) => laneOf(method));
    const together = await run(lanes);
    for (const [index, lane] of lanes.entries()) {
      const alone = await run([lane]);
      expect(lossesOf(alone, 0)).toEqual(lossesOf(together, index));
      expect(of(alone, 'finished')[0].results[0]).toEqual(of(together, 'finished')[0].results[index]);
    }
  });

  it('shows paired lanes the same batches and candidates from the same weights', async () => {
    const events = await run([laneOf('er'), laneOf('er-mir')], { wantsTrace: () => true });
    const [random, mir] = [of(events, 'traced', 0), of(events, 'traced', 1)];
    expect(random).toHaveLength(40);
    expect(random[0].loss).toBe(mir[0].loss);
    const withoutScores = ({ incoming, retrieval }: TracedStep) => ({
      incoming,
      candidates: fromMemory(retrieval)?.candidates.map(({ slot, sample, label, task }) => ({
        slot,
        sample,
        label,
        task,
      })),
      randomPicks: retrieval?.randomPicks,
    });
    expect(mir.map(withoutScores)).toEqual(random.map(withoutScores));
    const [before, after] = [random.slice(0, 8), random.slice(8)];
    expect(before.every(({ retrieval }) => retrieval === null)).toBe(true);
    expect(
      after.every(({ retrieval, task }) =>
        fromMemory(retrieval)?.candidates.every((candidate) => candidate.task < task),
      ),
    ).toBe(true);
  });

  it('reports as MIR’s picks the candidates of highest score, highest first', async () => {
    const events = await run([laneOf('er'), laneOf('er-mir')], { wantsTrace: () => true });
    let compared = 0;
    for (const traced of of(events, 'traced')) {
      const retrieval = fromMemory(traced.retrieval);
      if (retrieval === null) continue;
      const scores = retrieval.candidates.map(({ score }) => score);
      const highest = [...scores].sort((a, b) => b - a).slice(0, 5);
      expect(retrieval.mirPicks.map((position) => scores[position])).toEqual(highest);
      expect(retrieval.randomPicks).toEqual([0, 1, 2, 3, 4]);
      compared += 1;
    }
    expect(compared).toBe(64);
  });

  it('trains the same whether it is traced, settled or not', async () => {
    const lanes = [laneOf('er'), laneOf('er-mir')];
    const plain = await run(lanes);
    const watched = await run(lanes, { wantsTrace: () => true, settles: () => true });
    for (const lane of [0, 1]) expect(lossesOf(watched, lane)).toEqual(lossesOf(plain, lane));
    expect(of(watched, 'evaluated')).toEqual(of(plain, 'evaluated'));
  });

  it('evaluates at the interval on the subset, and after each task on everything seen', async () => {
    const events = await run([laneOf('er')]);
    const evaluations = of(events, 'evaluated');
    expect(evaluations.map(({ step, set }) => [step, set])).toEqual(
      [0, 4, 8, 12, 16, 20, 24, 28, 32, 36, 40].map((step) => [
        step,
        step > 0 && step % 8 === 0 ? 'complete' : 'subset',
      ]),
    );
    const ends = evaluations.filter(({ taskEnd }) => taskEnd);
    expect(ends.map(({ testImages }) => testImages)).toEqual([40, 80, 120, 160, 200]);
    expect(evaluations[3].testImages).toBe(20);
    expect(evaluations[3].accuracyByTask.map((accuracy) => accuracy === null)).toEqual([
      false,
      false,
      true,
      true,
      true,
    ]);

    const [result] = of(events, 'finished')[0].results;
    const matrix = result?.accuracyMatrix ?? [];
    expect(matrix.map((row) => row.length)).toEqual([1, 2, 3, 4, 5]);
    expect(ends.map(({ accuracyByTask }) => accuracyByTask.filter((accuracy) => accuracy !== null))).toEqual(matrix);
    expect(result?.averageAccuracy).toBe(averageAccuracy(matrix));
    expect(result?.averageForgetting).toBe(averageForgetting(matrix));
  });

  it('compares a subset evaluation with earlier subset evaluations only', async () => {
    const evaluations = of(await run([laneOf('fine-tune')]), 'evaluated');
    const late = evaluations.find(({ step }) => step === 12) as EvaluationEvent;
    const [now] = late.accuracyByTask as number[];
    // The subset of task 1 has 10 images, so its accuracies are tenths; the complete set has 40.
    expect(Math.round(now * 10)).toBeCloseTo(now * 10, 9);
    expect(Math.round((late.averageForgetting ?? NaN) * 10)).toBeCloseTo((late.averageForgetting ?? NaN) * 10, 9);
  });

  it('changes retrieval between two steps, and nothing before', async () => {
    const lanes = [laneOf('er')];
    const plain = await run(lanes);
    let step = 0;
    const retrievalOf = (): Retrieval => (step >= 20 ? 'mir' : 'random');
    const flipped: ExperimentEvent[] = [];
    for await (const event of runExperiment({ dataset, lanes, backend, retrievalOf, wantsTrace: () => true })) {
      if (event.kind === 'stepped') step = event.step;
      flipped.push(event);
    }
    expect(of(flipped, 'retrievalChanged')).toEqual([
      { kind: 'retrievalChanged', lane: 0, step: 20, retrieval: 'mir' },
    ]);
    expect(lossesOf(flipped, 0).slice(0, 21)).toEqual(lossesOf(plain, 0).slice(0, 21));
    expect(lossesOf(flipped, 0).slice(21)).not.toEqual(lossesOf(plain, 0).slice(21));
    expect(of(flipped, 'traced').map(({ retrieval }) => retrieval?.used)).toEqual([
      ...new Array<undefined>(8).fill(undefined),
      ...new Array<Retrieval>(12).fill('random'),
      ...new Array<Retrieval>(20).fill('mir'),
    ]);
    expect(of(flipped, 'evaluated').map(({ retrieval }) => retrieval)).toEqual([
      ...new Array<Retrieval>(6).fill('random'),
      ...new Array<Retrieval>(5).fill('mir'),
    ]);
  });

  it('counts what was replayed and what is stored', async () => {
    const events = await run([laneOf('er-mir')]);
    const counts = of(events, 'progress').at(-1)?.counts;
    const sum = (values: readonly number[] = []) => values.reduce((total, value) => total + value, 0);
    expect(sum(counts?.replayedByClass)).toBe(32 * 5);
    expect(sum(counts?.replayedByTask)).toBe(32 * 5);
    expect(counts?.replayedByTask[4]).toBe(0);
    expect([sum(counts?.storedByClass), sum(counts?.storedByTask)]).toEqual([40, 40]);
  });

  it('runs the i.i.d. bounds in as many steps, with one row and no forgetting', async () => {
    const [online, offline] = of(await run([laneOf('iid-online'), laneOf('iid-offline')]), 'finished')[0].results;
    expect([online?.steps, offline?.steps]).toEqual([40, 200]);
    expect(online?.accuracyMatrix.map((row) => row.length)).toEqual([5]);
    expect(online?.averageForgetting).toBeNull();
    expect(offline?.averageAccuracy).toBeGreaterThan(online?.averageAccuracy ?? 1);
  });

  it('stops a lane whose loss is no longer finite, and says so once', async () => {
    const events = await run([laneOf('fine-tune', { learningRate: 1e30 })]);
    const stops = of(events, 'laneStopped');
    expect(stops).toHaveLength(1);
    expect(stops[0].reason).toMatch(/not a finite number.*learning rate \(α = 1e\+30\)/);
    expect(lossesOf(events, 0).every(Number.isFinite)).toBe(true);
    expect(lossesOf(events, 0)).toHaveLength(stops[0].step - 1);
    expect(of(events, 'finished')[0].results).toEqual([null]);
    expect(of(events, 'evaluated').every(({ step }) => step < stops[0].step)).toBe(true);
  });

  it('lets the other lanes go on when one stops', async () => {
    // At this rate the lane that takes five batches a step diverges in the first; the other stays finite.
    const learningRate = 1e6;
    const events = await run([laneOf('iid-offline', { learningRate }), laneOf('er', { learningRate })]);
    expect(of(events, 'laneStopped').map(({ lane, step }) => [lane, step])).toEqual([[0, 1]]);
    expect(lossesOf(events, 0)).toEqual([]);
    expect(lossesOf(events, 1)).toHaveLength(40);
    const [stopped, whole] = of(events, 'finished')[0].results;
    expect([stopped, whole?.steps]).toEqual([null, 40]);
  });

  it('keeps the tensor count flat and frees everything, also when it is abandoned', async () => {
    const before = tensorUsage();
    const counts = new Set<number>();
    for await (const event of runExperiment({ dataset, lanes: [laneOf('er'), laneOf('er-mir')], backend })) {
      if (event.kind === 'stepped' && event.step % 10 === 0) counts.add(tensorUsage().numTensors);
    }
    expect(counts.size).toBe(1);
    expect(tensorUsage()).toEqual(before);

    for (const kind of ['evaluating', 'stepped', 'traced'] as const) {
      for await (const event of runExperiment({
        dataset,
        lanes: [laneOf('er-mir')],
        backend,
        wantsTrace: () => true,
      })) {
        if (event.kind === kind) break;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
      expect(tensorUsage()).toEqual(before);
    }
  });

  it('learns: replay remembers what fine-tuning forgets', async () => {
    const larger = { samplesPerTask: 300, hidden: 24, memoryPerClass: 20, candidates: 30, budget: 10 };
    const easy = syntheticDataset(180, 20);
    const events = await run([laneOf('fine-tune', larger), laneOf('er-mir', larger)], { dataset: easy });
    const [forgetting, remembering] = of(events, 'finished')[0].results;
    expect(forgetting?.averageAccuracy).toBeLessThan(0.45);
    expect(remembering?.averageAccuracy).toBeGreaterThan(0.7);
  });

  it('refuses lanes that do not belong together', async () => {
    await expect(run([laneOf('er'), laneOf('er', { seed: 9 })])).rejects.toThrow(
      'Lanes must agree in seed; found 1 and 9.',
    );
    await expect(run([laneOf('er'), laneOf('gem', { hidden: 9 })])).rejects.toThrow(
      /^Lanes must agree in hidden; found /,
    );
    await expect(run([])).rejects.toThrow('one lane or more; it was given none');
  });
});
