import type { BackendReport } from '../core/events.ts';
import { engineVersion } from '../core/storedRun.ts';
import {
  type BenchmarkTiming,
  type ContestantTiming,
  type Quartiles,
  type SubjectName,
  subjectNames,
} from '../core/timing.ts';
import type { BenchmarkReport, Failure, LoadProgress } from '../link/protocol.ts';

/** The state of a benchmark. */
export type BenchmarkPhase =
  | { readonly kind: 'idle' }
  /** Backend and data are on their way. */
  | { readonly kind: 'starting'; readonly loading: LoadProgress | null }
  | { readonly kind: 'timing'; readonly subject: SubjectName; readonly done: number; readonly total: number }
  | { readonly kind: 'finished' }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly failure: Failure };

export interface BenchmarkState {
  readonly plan: BenchmarkPlan;
  readonly phase: BenchmarkPhase;
  /** The backend of the timings; null before the first benchmark. */
  readonly backend: BackendReport | null;
  /** Of the latest benchmark, in the order in which they came. */
  readonly timings: readonly BenchmarkTiming[];
}

export interface BenchmarkActions {
  /** Ignored while a benchmark runs. */
  setPlan(plan: BenchmarkPlan): void;
  run(): void;
  /** What has been timed stays. */
  cancel(): void;
}

export type BenchmarkStore = BenchmarkState & { readonly actions: BenchmarkActions };

/** Whether a benchmark runs. */
export function isBenchmarking({ kind }: BenchmarkPhase): boolean {
  return kind === 'starting' || kind === 'timing';
}

/** The state after a report of the worker. */
export function applyBenchmarkReport(state: BenchmarkState, report: BenchmarkReport): BenchmarkState {
  switch (report.kind) {
    case 'loading':
      return { ...state, phase: { kind: 'starting', loading: report.progress } };
    case 'started':
      return { ...state, backend: report.backend };
    case 'progress': {
      const { subject, done, total } = report;
      return { ...state, phase: { kind: 'timing', subject, done, total } };
    }
    case 'timed':
      return { ...state, timings: [...state.timings, report.timing] };
    case 'finished':
      return { ...state, phase: { kind: 'finished' } };
    case 'failed':
      return { ...state, phase: { kind: 'failed', failure: report.failure } };
    case 'notice':
      return state;
    default:
      return report satisfies never;
  }
}

/** The plan of a benchmark. */
export interface BenchmarkPlan {
  readonly subjects: readonly SubjectName[];
  /** Steps of each; null for each subject's own number. */
  readonly steps: number | null;
}

/**
 * The subjects that the page offers: everything on Split MNIST. The others take data and minutes; the command line
 * times them.
 */
export const pageSubjects = [
  'fine-tune',
  'er',
  'er-mir',
  'vae-update',
  'gen',
  'gen-mir',
] as const satisfies readonly SubjectName[];

export const defaultBenchmark: BenchmarkPlan = { subjects: ['fine-tune', 'er', 'er-mir'], steps: null };

export const allowedSteps = 'a whole number from 1 to 10000';

/** Steps as a person writes them; null if they are not allowed. */
export function parseSteps(text: string): number | null {
  const steps = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return steps >= 1 && steps <= 10_000 ? steps : null;
}

/** Whether an address belongs to the Benchmark view. */
export function isBenchmarkAddress(hash: string): boolean {
  return new URLSearchParams(hash.replace(/^#/, '')).get('view') === 'benchmark';
}

/** A plan as the part of an address after `#`. */
export function writeBenchmark({ subjects, steps }: BenchmarkPlan): string {
  return ['view=benchmark', `methods=${subjects.join(',')}`, ...(steps === null ? [] : [`steps=${steps}`])].join('&');
}

/**
 * Reads a text of {@link writeBenchmark}, as it was written or as a person changed it. Missing and wrong parts get
 * their defaults, with a sentence for each wrong one. Never throws.
 */
export function readBenchmark(hash: string): { plan: BenchmarkPlan; problems: string[] } {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const problems: string[] = [];
  const wrong = (key: string, text: string, allowed: string) =>
    problems.push(`The address has ${key}=${text.slice(0, 40)}; allowed is ${allowed}. The default is used.`);

  const names = given.get('methods');
  let { subjects } = defaultBenchmark;
  if (names !== null) {
    const wanted = names === '' ? [] : names.split(',');
    const known = subjectNames.filter(
      (name) => wanted.includes(name) && (pageSubjects as readonly SubjectName[]).includes(name),
    );
    if (known.length === new Set(wanted).size) subjects = known;
    else wrong('methods', names, `some of ${pageSubjects.join(', ')}`);
  }
  const text = given.get('steps');
  const steps = text === null ? null : parseSteps(text);
  if (text !== null && steps === null) wrong('steps', text, allowedSteps);
  return { plan: { subjects, steps }, problems };
}

/** "1.25 (1.20 … 1.31)": median and quartiles. */
function spread({ lower, median, upper }: Quartiles, digits: number): string {
  return `${median.toFixed(digits)} (${lower.toFixed(digits)} … ${upper.toFixed(digits)})`;
}

/** The number of dispatches or submits; "–" without a graphics device. */
export function calls(count: number | undefined): string {
  return count === undefined ? '–' : String(Math.round(10 * count) / 10);
}

type Result = Pick<BenchmarkState, 'backend' | 'timings'>;

/** The source of a result, in one line. */
function resultSource({ backend }: Result, browser: string): string {
  const device = backend === null || backend.device === '' ? '' : ` (${backend.device})`;
  return `MIR Lab ${engineVersion}, ${backend?.name ?? 'no backend'}${device}, ${browser}`;
}

/** A result as a Markdown table, for a message or an issue. */
export function benchmarkMarkdown(result: Result, browser: string): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cellsOf = (subject: string, { name, time, ratio, javaScript, device }: ContestantTiming) => [
    subject,
    name,
    spread(time, 2),
    ratio === null ? '' : spread(ratio, 2),
    spread(javaScript, 3),
    calls(device?.dispatches),
    calls(device?.submits),
  ];
  return [
    `${resultSource(result, browser)}.`,
    '',
    row(['step', 'by', 'ms', 'over the engine’s', 'JavaScript, ms', 'dispatches', 'submits']),
    row(['---', '---', '---:', '---:', '---:', '---:', '---:']),
    ...result.timings.flatMap(({ subject, contestants }) =>
      contestants.map((contestant) => row(cellsOf(subject, contestant))),
    ),
    '',
    'Median (lower … upper quartile) over blocks of steps, each in turn.',
    ...result.timings.map(
      ({ subject, steps, tensors, bytes }) =>
        `${subject}: ${steps} steps; ${tensors.before} tensors, ${bytes.before} bytes before and ${tensors.after} tensors, ${bytes.after} bytes after.`,
    ),
    '',
  ].join('\n');
}

/** A result as a file, in the form of the command line. */
export function benchmarkJson({ backend, timings }: Result, browser: string): string {
  return `${JSON.stringify({ backend: backend?.name ?? null, device: backend?.device ?? null, browser, version: engineVersion, timings }, null, 2)}\n`;
}
