import { type SubjectName, subjectNames } from '../engine/benchmark/benchmarkTiming.ts';

/** What a benchmark of the page times. */
export interface BenchmarkPlan {
  readonly subjects: readonly SubjectName[];
  /** Steps of each; null for each subject's own number. */
  readonly steps: number | null;
}

/** What the page offers: everything on Split MNIST. The rest takes data and minutes; the command line times it. */
export const pageSubjects = ['fine-tune', 'er', 'er-mir', 'vae-update', 'gen', 'gen-mir'] as const satisfies readonly SubjectName[];

export const defaultBenchmark: BenchmarkPlan = { subjects: ['fine-tune', 'er', 'er-mir'], steps: null };

export const allowedSteps = 'a whole number from 1 to 10000';

/** Steps as a person writes them; null if they are not allowed. */
export function parseSteps(text: string): number | null {
  const steps = /^\d{1,5}$/.test(text.trim()) ? Number(text) : 0;
  return steps >= 1 && steps <= 10_000 ? steps : null;
}

/** Whether an address is of the Benchmark view. */
export function isBenchmarkAddress(hash: string): boolean {
  return new URLSearchParams(hash.replace(/^#/, '')).get('view') === 'benchmark';
}

/** A plan as the part of an address after `#`. */
export function writeBenchmark({ subjects, steps }: BenchmarkPlan): string {
  return ['view=benchmark', `methods=${subjects.join(',')}`, ...(steps === null ? [] : [`steps=${steps}`])].join('&');
}

/**
 * Reads what {@link writeBenchmark} wrote, or what a person made of it. What is missing or wrong is as usual, with a
 * sentence about what is wrong. Never throws.
 */
export function readBenchmark(hash: string): { plan: BenchmarkPlan; problems: string[] } {
  const given = new URLSearchParams(hash.replace(/^#/, ''));
  const problems: string[] = [];
  const wrong = (key: string, text: string, allowed: string) => problems.push(`The address has ${key}=${text.slice(0, 40)}; allowed is ${allowed}. The default is used.`);

  const names = given.get('methods');
  let { subjects } = defaultBenchmark;
  if (names !== null) {
    const wanted = names === '' ? [] : names.split(',');
    const known = subjectNames.filter((name) => wanted.includes(name) && (pageSubjects as readonly SubjectName[]).includes(name));
    if (known.length === new Set(wanted).size) subjects = known;
    else wrong('methods', names, `some of ${pageSubjects.join(', ')}`);
  }
  const text = given.get('steps');
  const steps = text === null ? null : parseSteps(text);
  if (text !== null && steps === null) wrong('steps', text, allowedSteps);
  return { plan: { subjects, steps }, problems };
}
