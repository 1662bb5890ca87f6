import { type SubjectName, subjectNames, usualSubjects } from '../core/timing.ts';
import {
  overwriteFlag,
  type Flag,
  type NodeBackendName,
  nodeBackendNames,
  parseNodeBackend,
  readFlags,
  UsageError,
} from './configFlags.ts';
import { fileName } from './experimentArguments.ts';

export const benchFlags: readonly Flag[] = [
  { name: 'backend', value: 'NAME', help: `one of ${nodeBackendNames.join(', ')}; wasm if left out` },
  {
    name: 'methods',
    value: 'A,B',
    help: `what to time, of ${subjectNames.join(', ')}; or "all"; if left out, ${usualSubjects.join(', ')}`,
  },
  {
    name: 'steps',
    value: 'N',
    help: 'steps of each to time in a row, from 1 to 10000; if left out, up to 1000 of quick ones and down to 3 of slow ones',
  },
  { name: 'engine-only', value: null, help: 'time the engine alone, without the same steps in stock operations' },
  { name: 'peers', value: null, help: 'also time fine-tune, er and er-mir written in @jax-js/jax' },
  { name: 'json', value: 'FILE', help: 'write all figures as JSON' },
  overwriteFlag,
];

/** The options of a call of the benchmark. */
export interface BenchArguments {
  readonly help: boolean;
  readonly backend: NodeBackendName;
  readonly subjects: readonly SubjectName[];
  /** Whether `subjects` were asked for by name. If not, subjects without data are left out. */
  readonly named: boolean;
  /** Null for each subject's own number. */
  readonly steps: number | null;
  /** Whether stock operations are timed, too. */
  readonly stock: boolean;
  /** Whether other libraries are. */
  readonly peers: boolean;
  readonly json: string | null;
  /** Whether that may replace what stands there. */
  readonly overwrite: boolean;
}

/** @throws UsageError that names the flag, the value and what is allowed */
export function parseBenchArguments(argv: readonly string[]): BenchArguments {
  const { values, positionals } = readFlags(argv, benchFlags);
  if (positionals.length > 0) {
    throw new UsageError(
      `"${positionals[0]}" belongs to no flag; allowed are ${benchFlags.map(({ name }) => `--${name}`).join(', ')}.`,
    );
  }
  if (values.has('engine-only') && values.has('peers'))
    throw new UsageError('--engine-only and --peers exclude each other; give one of them.');
  const backend = parseNodeBackend(values.get('backend'));
  if (values.has('peers') && backend === 'cpu')
    throw new UsageError(
      '--peers needs --backend wasm or webgpu; on cpu @jax-js/jax interprets operation by operation, for debugging alone.',
    );
  return {
    help: values.has('help'),
    backend,
    subjects: parseSubjects(values.get('methods')),
    named: values.has('methods'),
    steps: parseSteps(values.get('steps')),
    stock: !values.has('engine-only'),
    peers: values.has('peers'),
    json: fileName(values, 'json'),
    overwrite: values.has('overwrite'),
  };
}

function parseSteps(text: string | undefined): number | null {
  if (text === undefined) return null;
  const steps = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  if (steps < 1 || steps > 10_000)
    throw new UsageError(`--steps is "${text}"; allowed is a whole number from 1 to 10000.`);
  return steps;
}

function parseSubjects(text: string | undefined): readonly SubjectName[] {
  if (text === undefined) return usualSubjects;
  if (text === 'all') return subjectNames;
  const chosen = text.split(',').map((name) => {
    const subject = subjectNames.find((known) => known === name.trim());
    if (subject === undefined)
      throw new UsageError(
        `--methods has "${name}"; allowed is "all", or some of ${subjectNames.join(', ')}, with commas between them.`,
      );
    return subject;
  });
  return [...new Set(chosen)];
}
