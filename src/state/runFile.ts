import { experimentConfigSchema, runConfigSchema } from '../core/config.ts';
import type { NegativeElbo } from '../core/events.ts';
import {
  describeIssue,
  type RunFile,
  runFileFaults,
  runFileFormat,
  runFileSchema,
  runFileVersion,
  upgradedRunFile,
} from '../core/runFile.ts';
import type { ShownRun } from './labState.ts';

/** The largest run file that is opened, in bytes. */
export const largestRunFile = 50_000_000;

const problemsShown = 3;

/** A run file that was read: the run, or sentences about the faults of the file. */
export type ParsedRunFile =
  { readonly kind: 'run'; readonly run: ShownRun } | { readonly kind: 'refused'; readonly problems: readonly string[] };

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
    lanes: run.lanes.map(({ method, retrieval, losses, counts, replacedLatents, stopped }, index) => ({
      method,
      config: runConfigSchema.parse(run.runConfigs[index]),
      retrieval,
      losses: losses.map((loss) => (Number.isFinite(loss) ? loss : null)),
      counts: counts && (structuredClone(counts) as RunFile['lanes'][number]['counts']),
      replacedLatents,
      stopped,
    })),
    evaluations: run.lanes.flatMap((lane) =>
      lane.evaluations.map(({ kind: _kind, confusion: _confusion, ...evaluation }) => ({
        ...evaluation,
        accuracyByTask: [...evaluation.accuracyByTask],
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
    lanes: file.lanes.map(({ config: _config, ...lane }, index) => ({
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
    changes: file.retrievalChanges,
    evaluating: null,
    preparing: null,
    backend: file.backend,
    engineVersion: file.engineVersion,
  };
}

function refused(...problems: string[]): ParsedRunFile {
  const more = problems.length - problemsShown;
  return {
    kind: 'refused',
    problems: more > 0 ? [...problems.slice(0, problemsShown), `There are ${more} more faults.`] : problems,
  };
}

/**
 * Reads a run file, of this version or of an earlier one. Every value is checked; a file with any fault is refused as a whole, with
 * sentences that name the first few faults. Never throws.
 */
export function parseRunFile(text: string): ParsedRunFile {
  if (text.length > largestRunFile) {
    return refused(
      `The file has ${text.length} bytes; a run file has at most ${largestRunFile}. Choose a file that "Export run" wrote.`,
    );
  }
  let file: unknown;
  try {
    file = JSON.parse(text);
  } catch {
    return refused('The file is not JSON, or it is cut off. Choose a file that "Export run" wrote.');
  }
  if (typeof file !== 'object' || file === null || !('format' in file) || file.format !== runFileFormat) {
    return refused('The file is JSON, but not a run of MIR Lab. Choose a file that "Export run" wrote.');
  }
  return readRunFile(file);
}

/** Reads the content of a run file; see {@link parseRunFile}. */
export function readRunFile(file: object): ParsedRunFile {
  const version = 'formatVersion' in file ? file.formatVersion : undefined;
  if (typeof version === 'number' && version > runFileVersion) {
    return refused(
      `The file is of format version ${version}; this page reads version ${runFileVersion}. Open it with the newer MIR Lab that wrote it.`,
    );
  }
  const current = upgradedRunFile(file);
  const result = runFileSchema.safeParse(current);
  if (!result.success)
    return refused(...result.error.issues.map((issue) => describeIssue(runFileSchema, current, issue)));
  const faults = runFileFaults(result.data);
  return faults.length > 0 ? refused(...faults) : { kind: 'run', run: shownRun(result.data) };
}
