import fc from 'fast-check';
import type { z } from 'zod';
import {
  backendNames,
  type ExperimentConfig,
  laneConfigs,
  retrievalNames,
  scenarioNames,
  scoreNames,
} from '../../../src/core/config.ts';
import { initialRetrieval, methodNames } from '../../../src/core/methods.ts';
import type { EvaluationEvent, NegativeElbo, ReplayCounts } from '../../../src/core/events.ts';
import { laterFields } from '../../../src/core/replaySettings.ts';
import type { LaneState, ShownRun } from '../../../src/state/labState.ts';
import { lanesIn } from '../../../src/state/url.ts';

/** Any values that a field of numbers allows. */
function anyNumber(schema: z.ZodNumber): fc.Arbitrary<number> {
  const [min, max] = [schema.minValue ?? 0, schema.maxValue ?? 1];
  // JSON and addresses do not know −0.
  return schema.format === 'safeint'
    ? fc.integer({ min, max })
    : fc.double({ min, max, noNaN: true }).map((value) => value + 0);
}

function anyNumbers<K extends string>(fields: Readonly<Record<K, z.ZodNumber>>): { [N in K]: fc.Arbitrary<number> } {
  const entries = Object.entries<z.ZodNumber>(fields).map(([name, schema]) => [name, anyNumber(schema)] as const);
  return Object.fromEntries(entries) as { [N in K]: fc.Arbitrary<number> };
}

const wholeOrAuto = (min: number, max: number) => fc.oneof(fc.constant('auto' as const), fc.integer({ min, max }));

/** Any valid configuration of which an experiment can be made, with any of its settings named. */
export const anyExperiment: fc.Arbitrary<ExperimentConfig> = fc
  .record(
    {
      scenario: fc.constantFrom(...scenarioNames),
      lanes: fc.array(fc.constantFrom(...methodNames), { minLength: 1, maxLength: 4 }),
      seed: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
      classOrderSeed: fc.oneof(fc.constant('off' as const), fc.integer({ min: 0, max: 2 ** 31 - 1 })),
      samplesPerTask: fc.integer({ min: 10, max: 10_000 }),
      hidden: fc.integer({ min: 4, max: 1_024 }),
      filters: fc.integer({ min: 1, max: 64 }),
      learningRate: fc.double({ min: 1e-6, max: 100, noNaN: true }),
      iterations: fc.integer({ min: 1, max: 20 }),
      memoryPerClass: fc.integer({ min: 1, max: 1_000 }),
      candidates: fc.integer({ min: 1, max: 500 }),
      budget: fc.integer({ min: 1, max: 100 }),
      retrievalScore: fc.constantFrom(...scoreNames),
      evaluationInterval: wholeOrAuto(1, 10_000),
      evaluationSize: wholeOrAuto(10, 10_000),
      boundaryEvaluations: fc.nat(1_000),
      ...anyNumbers(laterFields),
    },
    { requiredKeys: ['scenario', 'lanes', 'seed'] },
  )
  .map(({ classOrderSeed, ...config }) => ({
    ...config,
    ...(classOrderSeed !== undefined && config.scenario !== 'permuted-mnist' && { classOrderSeed }),
    lanes: lanesIn(config.scenario, config.lanes),
  }));

/** Fractions as arithmetic gives them; JSON does not know −0. */
export const fraction = fc.double({ min: 0, max: 1, noNaN: true }).map((value) => value + 0);
const orNull = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: null });
const text = fc.string({ unit: 'binary', maxLength: 20 });
const images = fc.nat(60_000);

const anyCounts = (tasks: number): fc.Arbitrary<ReplayCounts> =>
  fc.record({
    replayedByClass: fc.array(images, { maxLength: 10 }),
    replayedByTask: fc.array(images, { maxLength: tasks }),
    storedByClass: fc.array(images, { maxLength: 10 }),
    storedByTask: fc.array(images, { maxLength: tasks }),
  });

const nats = fc.double({ min: 0, max: 1e6, noNaN: true }).map((value) => value + 0);
const anyElbo: fc.Arbitrary<NegativeElbo> = fc.record({ total: nats, reconstruction: nats, kl: nats });

function anyEvaluation(
  config: ExperimentConfig,
  lane: number,
  tasks: number,
  steps: number,
): fc.Arbitrary<EvaluationEvent> {
  const method = config.lanes[lane];
  return fc
    .record({
      kind: fc.constant('evaluated' as const),
      lane: fc.constant(lane),
      method: fc.constant(method),
      retrieval: initialRetrieval(method) === null ? fc.constant(null) : fc.constantFrom(...retrievalNames),
      seed: fc.constant(config.seed),
      step: fc.nat(steps),
      task: fc.integer({ min: 1, max: tasks }),
      set: fc.constantFrom('subset' as const, 'complete' as const),
      testImages: images,
      taskEnd: fc.boolean(),
      accuracyByTask: fc
        .tuple(fraction, fc.array(orNull(fraction), { minLength: tasks - 1, maxLength: tasks - 1 }))
        .map(([first, others]) => [first, ...others]),
      averageAccuracy: fc.constant(0),
      averageForgetting: orNull(fc.double({ min: -1, max: 1, noNaN: true }).map((value) => value + 0)),
      elboByTask: orNull(fc.array(orNull(anyElbo), { minLength: tasks, maxLength: tasks })),
      elbo: orNull(anyElbo),
    })
    .chain((evaluation) =>
      fc
        .option(fc.constant({ accuracyByTaskOnSubset: evaluation.accuracyByTask.map(() => null) }), { nil: {} })
        .map((onSubset) => ({ ...evaluation, ...onSubset })),
    )
    .map((evaluation) => {
      const seen = evaluation.accuracyByTask.filter((accuracy) => accuracy !== null);
      return { ...evaluation, averageAccuracy: seen.reduce((sum, value) => sum + value, 0) / seen.length };
    });
}

function anyLane(config: ExperimentConfig, lane: number, tasks: number, steps: number): fc.Arbitrary<LaneState> {
  const method = config.lanes[lane];
  return fc.record({
    method: fc.constant(method),
    retrieval: initialRetrieval(method) === null ? fc.constant(null) : fc.constantFrom(...retrievalNames),
    evaluations: fc
      .array(anyEvaluation(config, lane, tasks, steps), { maxLength: 6 })
      .map((evaluations) => evaluations.sort((a, b) => a.step - b.step)),
    losses: fc.array(
      fc.oneof(
        { weight: 9, arbitrary: fc.double({ min: 0, max: 1e38, noNaN: true }) },
        { weight: 1, arbitrary: fc.constant(NaN) },
      ),
      { minLength: Math.min(steps, 1), maxLength: Math.min(steps, 20) },
    ),
    counts: orNull(anyCounts(tasks)),
    trace: fc.constant(null),
    reconstructions: fc.constant(null),
    replacedLatents: fc.nat(1_000),
    stopped: orNull(text),
  });
}

/** Any run as it may be shown, without traces. */
export const anyRun: fc.Arbitrary<ShownRun> = fc
  .record({
    config: anyExperiment,
    steps: fc.array(fc.nat(5_000), { minLength: 1, maxLength: 5 }),
    share: fc.double({ min: 0, max: 1, noNaN: true }),
  })
  .chain(({ config, steps, share }) => {
    const tasks = steps.length;
    const totalSteps = steps.reduce((sum, each) => sum + each, 0);
    const step = Math.round(share * totalSteps);
    const replaying = config.lanes.flatMap((method, lane) => (initialRetrieval(method) === null ? [] : [lane]));
    return fc.record({
      config: fc.constant(config),
      runConfigs: fc.constant(laneConfigs(config)),
      lanes: fc.tuple(...config.lanes.map((_, lane) => anyLane(config, lane, tasks, step))),
      tasks: fc.tuple(
        ...steps.map((taskSteps, index) =>
          fc.record({
            number: fc.constant(index + 1),
            classes: fc.uniqueArray(fc.nat(9), { minLength: 1, maxLength: 3 }),
            steps: fc.constant(taskSteps),
            trainingImages: images,
            testImages: images,
          }),
        ),
      ),
      totalSteps: fc.constant(totalSteps),
      step: fc.constant(step),
      task: fc.integer({ min: 1, max: tasks }),
      evaluation: orNull(fc.record({ interval: fc.integer({ min: 1, max: 1_000 }), size: images })),
      imageShape: fc.constant([28, 28, 1] as const),
      classNames: fc.array(text, { minLength: 10, maxLength: 10 }),
      data: orNull(
        fc.record({ name: text, trainingImages: fc.constant(1e9), testImages: fc.constant(1e9), labels: fc.integer() }),
      ),
      changes: fc
        .array(
          fc.record({
            lane: fc.constantFrom(...(replaying.length > 0 ? replaying : [0])),
            step: fc.nat(step),
            retrieval: fc.constantFrom(...retrievalNames),
          }),
          { maxLength: replaying.length > 0 ? 5 : 0 },
        )
        .map((changes) => changes.sort((a, b) => a.step - b.step)),
      evaluating: fc.constant(null),
      preparing: fc.constant(null),
      backend: orNull(
        fc.record({
          name: fc.constantFrom(...backendNames),
          device: text,
          hardware: fc.boolean(),
          passedOver: fc.array(fc.record({ name: fc.constantFrom(...backendNames), reason: text }), { maxLength: 3 }),
        }),
      ),
      engineVersion: text,
    });
  });
