import { experimentConfigSchema, runConfigSchema } from '../core/config.ts';
import { methods } from '../core/methods.ts';
import { metricsOfEvaluations } from '../core/metrics.ts';
import type { NegativeElbo } from '../core/events.ts';
import {
  type CheckedRunFile,
  checkRunFile,
  checkRunFileText,
  type RunFile,
  runFileFormat,
  runFileVersion,
} from '../core/runFile.ts';
import { readRunFile as checkInWorker } from '../link/client.ts';
import type { ShownRun } from './labState.ts';

/** A run file that was read: the run, or sentences about the faults of the file. */
type ParsedRunFile =
  | { readonly kind: 'run'; readonly run: ShownRun }
  | { readonly kind: 'refused'; readonly problems: readonly string[] };

/** A run as a file holds it: everything but the pictures. Numbers that are not finite become null. */
export function runFileOf(run: ShownRun): RunFile {
  return {
    format: runFileFormat,
    formatVersion: runFileVersion,
    engineVersion: run.engineVersion,
    // In the order of the schema, so that a file that was read is written the same again.
    config: experimentConfigSchema.parse(run.config),
    backend: run.backend && {
      name: run.backend.name,
      device: run.backend.device,
      hardware: run.backend.hardware,
      passedOver: [...run.backend.passedOver],
    },
    tasks: run.tasks.map((task) => ({ ...task, classes: [...task.classes] })),
    totalSteps: run.totalSteps,
    step: run.step,
    task: run.task,
    evaluation: run.evaluation,
    imageShape: [...run.imageShape],
    classNames: [...run.classNames],
    ...(run.data && { data: { ...run.data } }),
    lanes: run.lanes.map(({ method, retrieval, evaluations, losses, counts, replacedLatents, ...lane }, index) => ({
      method,
      config: runConfigSchema.parse(run.runConfigs[index]),
      retrieval,
      losses: losses.map((loss) => (Number.isFinite(loss) ? loss : null)),
      counts: counts && (structuredClone(counts) as RunFile['lanes'][number]['counts']),
      replacedLatents,
      metrics: metricsOfEvaluations(evaluations, methods[method].stream.kind === 'sequential'),
      stopped: lane.stopped,
      ...(lane.stopped !== null && lane.stop && { stop: { ...lane.stop } }),
    })),
    evaluations: run.lanes.flatMap((lane) =>
      lane.evaluations.map(({ kind: _kind, confusion: _confusion, accuracyByTaskOnSubset, ...evaluation }) => ({
        ...evaluation,
        accuracyByTask: [...evaluation.accuracyByTask],
        ...(accuracyByTaskOnSubset && { accuracyByTaskOnSubset: [...accuracyByTaskOnSubset] }),
        elboByTask: evaluation.elboByTask && evaluation.elboByTask.map(finite),
        elbo: finite(evaluation.elbo),
      })),
    ),
    retrievalChanges: run.changes.map((change) => ({ ...change })),
  };
}

/** The text of a JSON file (see {@link runFileSchema}). */
export function runFileText(run: ShownRun): string {
  return `${JSON.stringify(runFileOf(run), null, 1)}\n`;
}

/** JSON has no numbers that are not finite. */
function finite(elbo: NegativeElbo | null): NegativeElbo | null {
  return elbo !== null && Object.values<number>({ ...elbo }).every(Number.isFinite) ? elbo : null;
}

function shownRun(file: RunFile): ShownRun {
  return {
    config: file.config,
    runConfigs: file.lanes.map(({ config }) => config),
    lanes: file.lanes.map(({ config: _config, metrics: _metrics, ...lane }, index) => ({
      ...lane,
      losses: lane.losses.map((loss) => loss ?? Number.NaN),
      evaluations: file.evaluations
        .filter((evaluation) => evaluation.lane === index)
        .map((evaluation) => ({ kind: 'evaluated', ...evaluation })),
      trace: null,
      reconstructions: null,
    })),
    tasks: file.tasks,
    totalSteps: file.totalSteps,
    step: file.step,
    task: file.task,
    evaluation: file.evaluation,
    imageShape: file.imageShape,
    classNames: file.classNames,
    data: file.data ?? null,
    changes: file.retrievalChanges,
    evaluating: null,
    preparing: null,
    backend: file.backend,
    engineVersion: file.engineVersion,
  };
}

/** A checked run file as the page shows it. */
export function parsedRun(checked: CheckedRunFile): ParsedRunFile {
  return checked.kind === 'refused' ? checked : { kind: 'run', run: shownRun(checked.file) };
}

/** Reads the text of a run file, of this version or of an earlier one; see {@link checkRunFileText}. Never throws. */
export function parseRunFile(text: string): ParsedRunFile {
  return parsedRun(checkRunFileText(text));
}

/** Reads the content of a run file; see {@link parseRunFile}. */
export function readRunFile(file: object): ParsedRunFile {
  return parsedRun(checkRunFile(file));
}

/** Reads a run file in a worker once it is called; a signal gives it up. */
export function readInWorker(file: File): (signal: AbortSignal) => Promise<CheckedRunFile> {
  return (signal) => checkInWorker(file, signal);
}
