import { z } from 'zod';
import {
  type Checkpoint,
  checkpointFormat,
  type LaneCheckpoint,
  CheckpointError,
  type Saved,
} from '../core/checkpoint.ts';
import { backendNames, retrievalNames, type RunConfig } from '../core/config.ts';
import { type DataMark, dataMarkOf, dataMarkSchema, type Dataset, dataWords } from '../core/dataset.ts';
import { completed, engineVersion } from '../core/storedRun.ts';
import type { StreamStep } from '../core/stream.ts';
import type { Lane } from './lane.ts';

const count = z.int().min(0);
const matrix = z.array(z.array(z.number()));
const elbo = z.strictObject({ total: z.number(), reconstruction: z.number(), kl: z.number() });

/** Everything but what the methods keep, which they check themselves. */
const checkpointSchema = z.strictObject({
  format: z.literal(checkpointFormat),
  engineVersion: z.string(),
  data: dataMarkSchema,
  evaluateOn: z.enum(['test', 'validation']),
  evaluation: z.strictObject({ interval: z.int().min(1), size: z.int().min(1) }),
  backend: z.enum(backendNames),
  step: z.int().min(1),
  task: z.int().min(1),
  lanes: z.array(
    z.strictObject({
      // Compared with the run's own.
      config: z.looseObject({}),
      retrieval: z.enum(retrievalNames).nullable(),
      stopped: z.string().nullable(),
      rows: z.strictObject({ subset: matrix, complete: matrix }),
      elboByTask: z.array(elbo).nullable(),
      confusion: z.instanceof(Uint32Array),
      replayed: z.strictObject({ byClass: z.array(count), byTask: z.array(count) }),
      replacedLatents: count,
      learner: z.unknown(),
    }),
  ),
});

/** What a checkpoint must agree with. */
interface Run {
  readonly lanes: readonly RunConfig[];
  readonly dataset: Dataset;
  readonly evaluateOn: 'test' | 'validation';
  readonly stream: readonly StreamStep[];
}

/**
 * Checks that a run can go on from a checkpoint.
 *
 * @throws CheckpointError that names what differs, or is missing
 */
export function checkCheckpoint(from: Checkpoint, { lanes, dataset, evaluateOn, stream }: Run): void {
  const { format, engineVersion: madeBy } = from as Partial<Record<keyof Checkpoint, unknown>>;
  if (format !== checkpointFormat)
    throw new CheckpointError(`its format is ${words(format)} where ${checkpointFormat} is needed`);
  if (madeBy !== engineVersion)
    throw new CheckpointError(`version ${words(madeBy)} of the engine made it, and this is ${engineVersion}`);
  const { error } = checkpointSchema.safeParse(from);
  if (error !== undefined) {
    const [{ path, message }] = error.issues;
    throw new CheckpointError(`${path.join('/') || 'it'} is not what it should be (${message})`);
  }
  if (from.lanes.length !== lanes.length)
    throw new CheckpointError(`it has ${from.lanes.length} lanes, and this run has ${lanes.length}`);
  lanes.forEach((config, index) => {
    const names = Object.keys(config) as (keyof RunConfig)[];
    const saved = completed(from.lanes[index].config) as RunConfig;
    const other = names.find((name) => saved[name] !== config[name]);
    if (other === undefined) return;
    const [made, wanted] = [saved[other], config[other]];
    throw new CheckpointError(`its lane ${index + 1} has ${other} = ${made}, and this run's has ${wanted}`);
  });
  if (from.evaluateOn !== evaluateOn)
    throw new CheckpointError(`it was evaluated on ${from.evaluateOn} images, and this run is on ${evaluateOn} images`);
  const mark = dataMarkOf(dataset);
  const differs = (Object.keys(mark) as (keyof DataMark)[]).some((name) => mark[name] !== from.data[name]);
  if (differs)
    throw new CheckpointError(`it was made with other data (${dataWords(from.data)}; here ${dataWords(mark)})`);
  const isEnd = stream.at(from.step - 1)?.task === from.task && stream.at(from.step)?.task !== from.task;
  if (!isEnd || from.step > stream.length)
    throw new CheckpointError(`its step ${from.step} is not the last of task ${from.task}`);
}

/** The checkpoint of a run whose lanes have all been read back. */
export function checkpointOf(
  run: Pick<Checkpoint, 'evaluateOn' | 'evaluation' | 'backend' | 'step' | 'task'> & { readonly dataset: Dataset },
  lanes: readonly Lane[],
  learners: readonly Saved[],
): Checkpoint {
  const { dataset, evaluateOn, evaluation, backend, step, task } = run;
  return {
    format: checkpointFormat,
    engineVersion,
    data: dataMarkOf(dataset),
    evaluateOn,
    evaluation: { interval: evaluation.interval, size: evaluation.size },
    backend,
    step,
    task,
    lanes: lanes.map((lane, index): LaneCheckpoint => ({
      ...lane.measured(),
      // A lane that has stopped does not go on.
      learner: lane.stopped === null ? learners[index] : null,
    })),
  };
}

/** Puts lanes, as they are before the first step, to where a checkpoint was made. */
export function restoreLanes({ lanes: saved, task }: Checkpoint, lanes: readonly Lane[]): void {
  lanes.forEach((lane, index) => {
    const name = `lane ${index + 1}`;
    lane.restore(saved[index], task, name);
    if (lane.stopped === null) lane.learner.lasting.restore(saved[index].learner, name);
  });
}

function words(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : 'unknown';
}
