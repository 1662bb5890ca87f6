import { z } from 'zod';
import { buffersOf, type Checkpoint, checkpointFormat } from '../../core/checkpoint.ts';
import { experimentConfigSchema, retrievalNames, type ExperimentConfig } from '../../core/config.ts';
import { datasetName, isPaperData } from '../../core/dataset.ts';
import { methodNames } from '../../core/methods.ts';
import { engineVersion } from '../../core/storedRun.ts';
import type { EvaluationEvent } from '../../core/events.ts';
import type { LabState, RunView, ShownRun } from '../labState.ts';
import { readRunFile, runFileOf } from '../runFile.ts';

const fraction = z.number().min(-1).max(1);

/** What the list of runs says of one. */
const keptEntrySchema = z.strictObject({
  id: z.string().min(1).max(100),
  /** Milliseconds since 1970: its first step, and the last time that it was kept. */
  begun: z.number(),
  keptAt: z.number(),
  config: experimentConfigSchema,
  step: z.int().min(0),
  totalSteps: z.int().min(0),
  task: z.int().min(1),
  tasks: z.int().min(0),
  /** By lane; the numbers are of its latest evaluation, null before the first. */
  lanes: z
    .array(
      z.strictObject({
        method: z.enum(methodNames),
        retrieval: z.enum(retrievalNames).nullable(),
        accuracy: fraction.nullable(),
        forgetting: fraction.nullable(),
      }),
    )
    .max(4),
  finished: z.boolean(),
  /** Whether the viewer has gone on to another run. One that is not left comes back when the page is opened. */
  left: z.boolean(),
  /** Runs that are pinned stay until they are deleted. */
  pinned: z.boolean(),
  /** The file that it was imported from. */
  fileName: z.string().nullable(),
  engineVersion: z.string(),
  /** What it learns from, where that is a person's own data and not the paper's. */
  dataName: z.exactOptional(z.string().max(200)),
  /** Where the run can go on; null where it cannot. */
  checkpoint: z
    .strictObject({
      step: z.int().min(0),
      task: z.int().min(1),
      bytes: z.number().min(0),
      /** By lane, which test images had been answered right once; earlier versions did not keep it. */
      onceRight: z.array(z.array(z.boolean()).max(100)).max(4).optional(),
    })
    .nullable(),
  bytes: z.number().min(0),
});
export type KeptEntry = z.infer<typeof keptEntrySchema>;

/** The answers of one evaluation, which a run file does not hold: true class by answer. */
interface KeptConfusion {
  readonly lane: number;
  readonly step: number;
  readonly set: EvaluationEvent['set'];
  readonly counts: Uint32Array;
}

/** Those of the ends of tasks, and of each lane's latest evaluation. */
function confusionsOf({ lanes }: ShownRun): KeptConfusion[] {
  return lanes.flatMap(({ evaluations }, lane) =>
    evaluations.flatMap(({ step, set, taskEnd, confusion }, index) =>
      confusion !== undefined && (taskEnd || index === evaluations.length - 1)
        ? [{ lane, step, set, counts: confusion }]
        : [],
    ),
  );
}

/** Puts the answers back to their evaluations; what does not fit the run is left out. */
function withConfusions(run: ShownRun, confusions: unknown): ShownRun {
  const { success, data } = confusionsSchema.safeParse(confusions);
  if (!success) return run;
  const fitting = data.filter(({ counts }) => counts.length === run.classNames.length ** 2);
  const found = new Map(fitting.map(({ lane, step, set, counts }) => [`${lane} ${step} ${set}`, counts]));
  const lanes = run.lanes.map((lane, index) => ({
    ...lane,
    evaluations: lane.evaluations.map((evaluation) => {
      const confusion = found.get(`${index} ${evaluation.step} ${evaluation.set}`);
      return confusion === undefined ? evaluation : { ...evaluation, confusion };
    }),
  }));
  return { ...run, lanes };
}

const confusionsSchema = z
  .array(
    z.object({
      lane: z.int(),
      step: z.int(),
      set: z.enum(['subset', 'complete']),
      counts: z.instanceof(Uint32Array<ArrayBuffer>),
    }),
  )
  .max(1_000);

/** A run as the browser keeps it. */
export interface KeptRun {
  readonly entry: KeptEntry;
  /** A run file's content; not trusted when it comes from storage. */
  readonly file: object;
  /** Not trusted either. */
  readonly confusions: unknown;
  /** Left out to leave the checkpoint as it is; null to keep none. */
  readonly checkpoint?: Checkpoint | null;
}

/** Reads what storage gave for an entry; null if it is none. */
export function readEntry(stored: unknown): KeptEntry | null {
  const result = keptEntrySchema.safeParse(stored);
  return result.success ? result.data : null;
}

/** A kept run as a file of everything kept has it: without its checkpoint, which no text holds. */
export function exportedRun({ entry, file, confusions }: KeptRun): object {
  const { success, data } = confusionsSchema.safeParse(confusions);
  const counted = success ? data.map((each) => ({ ...each, counts: [...each.counts] })) : [];
  return { entry: { ...entry, checkpoint: null, left: true }, file, confusions: counted };
}

const exportedSchema = z.object({
  entry: keptEntrySchema,
  file: z.record(z.string(), z.unknown()),
  confusions: z
    .array(
      z.object({
        lane: z.int(),
        step: z.int(),
        set: z.enum(['subset', 'complete']),
        counts: z.array(z.int().min(0)).max(10_000),
      }),
    )
    .max(1_000),
});

/** Reads what {@link exportedRun} gave; null if it is no run, or not one that this page can show. */
export function importedRun(value: unknown): KeptRun | null {
  const { success, data } = exportedSchema.safeParse(value);
  if (!success) return null;
  const confusions = data.confusions.map((each) => ({ ...each, counts: Uint32Array.from(each.counts) }));
  const run: KeptRun = { entry: { ...data.entry, checkpoint: null, left: true }, file: data.file, confusions };
  const view = viewOf(run);
  // What the list says of a run must be what its file says.
  const fits =
    view !== null &&
    sameConfig(view.config, run.entry.config) &&
    view.shown.step === run.entry.step &&
    view.shown.lanes.length === run.entry.lanes.length;
  return fits ? run : null;
}

function checkpointBytes(checkpoint: Checkpoint): number {
  return buffersOf(checkpoint).reduce((sum, { byteLength }) => sum + byteLength, 0);
}

/** Puts together what is kept of a run; its checkpoint is kept beside it. */
export function keptRun(
  { id, phase, checkpoint, asked }: Pick<LabState, 'id' | 'phase' | 'checkpoint' | 'asked'>,
  shown: ShownRun,
  about: Pick<KeptEntry, 'begun' | 'keptAt' | 'left' | 'pinned'>,
): KeptRun {
  const file = runFileOf(shown);
  const entry: KeptEntry = {
    id,
    ...about,
    config: file.config,
    step: shown.step,
    totalSteps: shown.totalSteps,
    task: shown.task,
    tasks: shown.tasks.length,
    lanes: shown.lanes.map((lane) => {
      const latest = lane.evaluations.at(-1);
      return {
        method: lane.method,
        retrieval: lane.retrieval,
        accuracy: latest?.averageAccuracy ?? null,
        forgetting: latest?.averageForgetting ?? null,
      };
    }),
    finished: phase.kind === 'finished',
    checkpoint:
      phase.kind === 'finished' || checkpoint === null
        ? null
        : {
            step: checkpoint.step,
            task: checkpoint.task,
            bytes: checkpointBytes(checkpoint),
            onceRight: asked.onceRight.map((images) => [...images]),
          },
    fileName: phase.kind === 'imported' ? phase.fileName : null,
    engineVersion: shown.engineVersion,
    ...(shown.data && !isPaperData(shown.data) ? { dataName: datasetName(shown.data) } : {}),
    // As a number takes about 20 characters of text, it takes about 20 bytes of storage.
    bytes: 1_000 + 20 * shown.lanes.reduce((sum, lane) => sum + lane.losses.length + 15 * lane.evaluations.length, 0),
  };
  return { entry, file, confusions: confusionsOf(shown) };
}

/** The way a kept run is shown; null where what storage gave is no run of this version. */
export function viewOf({ entry, file, confusions, checkpoint = null }: KeptRun): RunView | null {
  const read = readRunFile(file);
  if (read.kind === 'refused') return null;
  const { id, fileName, finished } = entry;
  return {
    id,
    config: read.run.config,
    backendChoice: 'auto',
    taskImages: [],
    onceRight: entry.checkpoint?.onceRight ?? [],
    checkpoint: finished || !isUsable(checkpoint, read.run) ? null : checkpoint,
    shown: withConfusions(read.run, confusions),
    phase: fileName !== null ? { kind: 'imported', fileName } : { kind: finished ? 'finished' : 'kept' },
  };
}

/** Whether this version of the engine can go on with a run from what storage gave for its checkpoint. */
function isUsable(checkpoint: Checkpoint | null, { step, lanes }: ShownRun): boolean {
  return (
    checkpoint !== null &&
    (checkpoint.format as number) === checkpointFormat &&
    checkpoint.engineVersion === engineVersion &&
    checkpoint.step <= step &&
    checkpoint.lanes.length === lanes.length
  );
}

/** The most runs that are kept without being pinned, and the most bytes that all runs may take. */
export const mostRuns = 40;
const mostBytes = 400e6;
/** The most runs that keep a checkpoint. */
const mostCheckpoints = 6;

function bytesOf({ bytes, checkpoint }: KeptEntry): number {
  return bytes + (checkpoint?.bytes ?? 0);
}

/** The runs whose checkpoints must go: the older ones. */
export function surplusCheckpoints(entries: readonly KeptEntry[]): KeptEntry[] {
  return entries
    .filter(({ checkpoint }) => checkpoint !== null)
    .sort((one, other) => other.keptAt - one.keptAt)
    .slice(mostCheckpoints);
}

/** The runs that must go so that the others have room: the oldest, but none that is pinned, or in use. */
export function surplus(entries: readonly KeptEntry[], inUse: string): KeptEntry[] {
  const newestFirst = entries.toSorted((one, other) => other.keptAt - one.keptAt);
  let bytes = newestFirst.filter(({ pinned }) => pinned).reduce((sum, entry) => sum + bytesOf(entry), 0);
  let count = 0;
  return newestFirst.filter((entry) => {
    if (entry.pinned || entry.id === inUse) return false;
    bytes += bytesOf(entry);
    count += 1;
    return count > mostRuns || bytes > mostBytes;
  });
}

/** Whether two experiments are the same, in whatever order their settings are named. */
export function sameConfig(one: ExperimentConfig, other: ExperimentConfig): boolean {
  return text(one) === text(other);
}

function text(config: ExperimentConfig): string {
  return JSON.stringify(Object.entries(config).sort(([first], [second]) => (first < second ? -1 : 1)));
}
