import { createStore, type StoreApi } from 'zustand/vanilla';
import type { BackendReport } from '../core/events.ts';
import { engineVersion } from '../core/storedRun.ts';
import {
  type BenchmarkTiming,
  type ContestantTiming,
  type Quartiles,
  type SubjectName,
  subjectNames,
} from '../core/timing.ts';
import type { BenchmarkReport, Failure, LoadProgress, BackendChoice } from '../link/protocol.ts';
import { plain } from '../texts/numbers.ts';
import { say } from '../texts/say.ts';
import { addressParts, viewOf, wrongPart } from './addressParts.ts';
import type { BenchmarkClient } from '../link/client.ts';
import type { Notice } from './labState.ts';
import { noticeWords } from './failureWords.ts';

/** The state of a benchmark. */
export type BenchmarkPhase =
  | { readonly kind: 'idle' }
  /** Backend and data are on their way. */
  | { readonly kind: 'starting'; readonly loading: LoadProgress | null }
  /** Rounds of blocks done, of all; null while everything warms up. */
  | {
      readonly kind: 'timing';
      readonly subject: SubjectName;
      readonly rounds: { readonly done: number; readonly total: number } | null;
    }
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
function applyBenchmarkReport(state: BenchmarkState, report: BenchmarkReport): BenchmarkState {
  switch (report.kind) {
    case 'loading':
      return { ...state, phase: { kind: 'starting', loading: report.progress } };
    case 'started':
      return { ...state, backend: report.backend };
    case 'progress': {
      const { subject, rounds } = report;
      return { ...state, phase: { kind: 'timing', subject, rounds } };
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
  /** Steps in a row of each; null for as many as give a good figure. */
  readonly steps: number | null;
  /** Whether the rivals are left out. */
  readonly engineOnly: boolean;
}

export const defaultBenchmark: BenchmarkPlan = {
  subjects: ['fine-tune', 'er', 'er-mir'],
  steps: null,
  engineOnly: false,
};

export const allowedSteps = () => say('settings.allowedWhole', { from: plain(1), to: plain(10_000) });

/** Steps as a person writes them; null if they are not allowed. */
export function parseSteps(text: string): number | null {
  const steps = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return steps >= 1 && steps <= 10_000 ? steps : null;
}

/** Whether an address belongs to the Benchmark view. */
export function isBenchmarkAddress(hash: string): boolean {
  return viewOf(hash) === 'benchmark';
}

/** A plan as the part of an address after `#`. */
export function writeBenchmark({ subjects, steps, engineOnly }: BenchmarkPlan): string {
  return [
    'view=benchmark',
    `methods=${subjects.join(',')}`,
    ...(steps === null ? [] : [`steps=${steps}`]),
    ...(engineOnly ? ['only=engine'] : []),
  ].join('&');
}

/**
 * Reads a text of {@link writeBenchmark}, as it was written or as a person changed it. Missing and wrong parts get
 * their defaults, with a sentence for each wrong one. Never throws.
 */
export function readBenchmark(hash: string): { plan: BenchmarkPlan; problems: string[] } {
  const keys = ['view', 'methods', 'steps', 'only'];
  const { texts, problems } = addressParts(hash, keys, 'benchmark', keys.join(', '));
  const given = (key: string) => {
    const text = texts.get(key);
    return text === null ? say('address.longText') : (text ?? null);
  };
  const wrong = (key: string, text: string, allowed: string) =>
    problems.push(wrongPart(key, text, allowed, say('address.default')));

  const names = given('methods');
  let { subjects } = defaultBenchmark;
  if (names !== null) {
    const wanted = names === '' ? [] : names.split(',');
    const known = subjectNames.filter((name) => wanted.includes(name));
    if (known.length === new Set(wanted).size) subjects = known;
    else wrong('methods', names, say('address.someOf', { names: subjectNames.join(', ') }));
  }
  const text = given('steps');
  const steps = text === null ? null : parseSteps(text);
  if (text !== null && steps === null) wrong('steps', text, allowedSteps());
  const only = given('only');
  if (only !== null && only !== 'engine') wrong('only', only, say('address.engineOrNothing'));
  return { plan: { subjects, steps, engineOnly: only === 'engine' }, problems };
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
  const cellsOf = (subject: string, { name, single, inRow, ratio, javaScript, device }: ContestantTiming) => [
    subject,
    name,
    spread(single, 3),
    spread(inRow, 3),
    ratio === null ? '' : spread(ratio, 2),
    spread(javaScript, 3),
    calls(device?.dispatches),
    calls(device?.submits),
  ];
  return [
    `${resultSource(result, browser)}.`,
    '',
    row(['step', 'by', 'one, ms', 'in a row, ms', 'over the engine’s', 'JavaScript, ms', 'dispatches', 'submits']),
    row(['---', '---', '---:', '---:', '---:', '---:', '---:', '---:']),
    ...result.timings.flatMap(({ subject, contestants }) =>
      contestants.map((contestant) => row(cellsOf(subject, contestant))),
    ),
    '',
    'Median (lower … upper quartile). One: a step until its result is here. In a row: a step of a block, of which the last result is read. In turn, after a rest.',
    ...result.timings.flatMap(({ subject, rounds, contestants }) =>
      contestants.map(
        ({ name, steps, singles, alive: { before, after } }) =>
          `${subject}, ${name}: ${steps} steps in ${rounds} blocks, ${singles} singly; ${before.tensors} tensors, ${before.bytes} bytes before and ${after.tensors} tensors, ${after.bytes} bytes after.`,
      ),
    ),
    '',
  ].join('\n');
}

/** A result as a file, in the form of the command line. */
export function benchmarkJson({ backend, timings }: Result, browser: string): string {
  return `${JSON.stringify({ backend: backend?.name ?? null, device: backend?.device ?? null, browser, version: engineVersion, timings }, null, 2)}\n`;
}

/** The surroundings of the store. */
interface BenchmarkParts {
  readonly client: BenchmarkClient;
  /** The backend that the page runs on, as it was chosen. */
  readonly backend: () => BackendChoice;
  readonly notify: (tone: Notice['tone'], text: string) => void;
  /** Called when a benchmark begins, so that other computations make room. */
  readonly onStart: () => void;
}

/** The store of the Benchmark view. */
export function createBenchmarkStore(
  { client, backend, notify, onStart }: BenchmarkParts,
  plan: BenchmarkPlan,
): StoreApi<BenchmarkStore> {
  const store = createStore<BenchmarkStore>()((set, get) => ({
    plan,
    phase: { kind: 'idle' },
    backend: null,
    timings: [],
    actions: {
      setPlan(next) {
        if (!isBenchmarking(get().phase)) set({ plan: next });
      },
      run() {
        const {
          phase,
          plan: { subjects, steps, engineOnly },
        } = get();
        if (isBenchmarking(phase) || subjects.length === 0) return;
        onStart();
        set({ phase: { kind: 'starting', loading: null }, backend: null, timings: [] });
        client.start({ kind: 'run', subjects, steps, engineOnly, backend: backend() });
      },
      cancel() {
        if (!isBenchmarking(get().phase)) return;
        client.cancel();
        set({ phase: { kind: 'cancelled' } });
      },
    },
  }));
  client.onReport((report) => {
    if (report.kind === 'notice') notify('warning', noticeWords(report));
    store.setState((state) => applyBenchmarkReport(state, report));
  });
  return store;
}
