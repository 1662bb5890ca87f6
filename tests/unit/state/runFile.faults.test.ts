import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { noMetrics, type RunMetrics } from '../../../src/core/metrics.ts';
import { type RunFile, runFileSchema } from '../../../src/core/runFile.ts';
import { completed } from '../../../src/core/storedRun.ts';
import { parseRunFile, runFileText } from '../../../src/state/runFile.ts';
import { faultRuns, faultSeed } from '../faultRuns.ts';
import { smallRun } from './smallRun.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const plain = () => JSON.parse(runFileText(smallRun)) as Record<string, Json>;

/** The file with other values at some paths, such as "lanes.0.losses". */
function fileWith(values: Readonly<Record<string, Json>>): string {
  const file = plain();
  for (const [path, value] of Object.entries(values)) {
    const parts = path.split('.');
    let place: Record<string, Json> = file;
    for (const part of parts.slice(0, -1)) place = place[part] as Record<string, Json>;
    place[parts[parts.length - 1]] = value;
  }
  return JSON.stringify(file);
}

function problemsOf(text: string): readonly string[] {
  const parsed = parseRunFile(text);
  return parsed.kind === 'refused' ? parsed.problems : [];
}

/** Processor time of reading a file, in ms, and its faults. */
function timed(text: string): { readonly milliseconds: number; readonly problems: readonly string[] } {
  const before = process.cpuUsage();
  const problems = problemsOf(text);
  const { user, system } = process.cpuUsage(before);
  return { milliseconds: (user + system) / 1_000, problems };
}

describe('an enormous run file is refused at once, by name', () => {
  it.each([
    [
      'a million evaluations',
      { evaluations: Array<Json>(1_000_000).fill({}) },
      /^evaluations is a list of 1,000,000; /,
    ],
    ['100,000 evaluations', { evaluations: Array<Json>(100_000).fill({}) }, /^evaluations\[0\]\.lane is missing; /],
    ['200,000 texts as losses', { 'lanes.0.losses': Array<Json>(200_000).fill('') }, /^lanes\[0\]\.losses\[0\] is "";/],
    [
      '100,000 lanes',
      { lanes: Array<Json>(100_000).fill({}) },
      /^lanes is a list of 100,000; allowed is a list of 1 to 4/,
    ],
    [
      'a million methods',
      { 'config.lanes': Array<Json>(1_000_000).fill('x') },
      /^config\.lanes is a list of 1,000,000; /,
    ],
    [
      'a hundred thousand settings',
      { config: Object.fromEntries(Array.from({ length: 100_000 }, (_, index) => [`k${index}`, 1])) },
      /^config has k0, k1, k2 and 99,997 more, which no run file/,
    ],
    ['a text of a megabyte', { engineVersion: 'x'.repeat(1_000_000) }, /^engineVersion is a text of 1,000,000 char/],
    [
      'changes of lanes that do not exist',
      { retrievalChanges: Array<Json>(9_999).fill({ lane: 3, step: 0, retrieval: 'mir' }) },
      /^retrievalChanges\[0\]\.lane is 3; /,
    ],
  ])('%s', (_, values, first) => {
    const { milliseconds, problems } = timed(fileWith(values));
    expect(problems[0]).toMatch(first);
    expect(problems.length).toBeLessThanOrEqual(4);
    for (const problem of problems) expect(problem.length).toBeLessThan(400);
    expect(milliseconds).toBeLessThan(1_000);
  });

  it('nested a million deep, anywhere', () => {
    const bomb = '['.repeat(1_000_000) + ']'.repeat(1_000_000);
    for (const path of ['evaluations', 'config', 'tasks']) {
      const { milliseconds, problems } = timed(fileWith({ [path]: '@' }).replace('"@"', bomb));
      expect(problems).toHaveLength(1);
      expect(milliseconds).toBeLessThan(1_000);
    }
  });

  it('of format version 1 or 2, too', () => {
    for (const formatVersion of [1, 2]) {
      const text = fileWith({ formatVersion, evaluations: Array<Json>(1_000_000).fill({}) });
      expect(timed(text).milliseconds).toBeLessThan(1_500);
      expect(problemsOf(text).length).toBeGreaterThan(0);
    }
  });

  it('while one of a thousand tasks that makes sense opens as fast', () => {
    const count = 1_000;
    const file = plain() as unknown as {
      tasks: Json[];
      totalSteps: number;
      step: number;
      evaluations: Json[];
      lanes: { losses: number[]; metrics: RunMetrics }[];
    };
    const [task] = file.tasks as { [key: string]: Json }[];
    const [evaluation] = file.evaluations as { [key: string]: Json }[];
    file.tasks = Array.from({ length: count }, (_, index) => ({ ...task, number: index + 1 }));
    file.totalSteps = file.step = 10 * count;
    file.lanes[0].losses = Array<number>(10 * count).fill(0.5);
    file.evaluations = Array.from({ length: count }, (_, index) => ({
      ...evaluation,
      step: 10 * (index + 1),
      task: index + 1,
      taskEnd: true,
      averageAccuracy: 0.5,
      accuracyByTask: Array.from({ length: count }, (__, place) => (place <= index ? 0.5 : null)),
    }));
    file.lanes[0].metrics = {
      ...noMetrics,
      ...{ averageAnytimeAccuracy: 0.5, minimumAccuracy: 0.5, worstCaseAccuracy: 0.5, backwardTransfer: 0 },
      plasticity: 0.5,
    };
    const { milliseconds, problems } = timed(JSON.stringify(file));
    expect(problems).toEqual([]);
    expect(milliseconds).toBeLessThan(1_000);
  });
});

describe('a run file that contradicts itself is refused', () => {
  it.each<[string, Record<string, Json>]>([
    ['task is 1000; allowed is 1 to 2, as tasks says.', { task: 1_000 }],
    ['tasks is a list of 0; allowed is a list of 1 to 1,000.', { tasks: [] }],
    ['classNames is a list of 0; allowed is a list of 1 to 10,000.', { classNames: [] }],
    [
      'lanes[0].losses is a list of 0, although evaluations has the lane at step 10; allowed is one loss for each step.',
      { 'lanes.0.losses': [] },
    ],
    [
      'lanes[0].losses is a list of 14; allowed is at most 13, as step says.',
      { 'lanes.0.losses': Array<Json>(14).fill(1) },
    ],
    ['tasks[1].number is 1; allowed is 2: tasks are in order, each once.', { 'tasks.1.number': 1 }],
    ['tasks[1].classes has 7; allowed is 0 to 3, as classNames says.', { 'tasks.1.classes': [2, 7] }],
    ['tasks[1].trainingImages is 60001; allowed is at most 60000, as data says.', { 'tasks.1.trainingImages': 60_001 }],
    ['tasks[0].testImages is 60; allowed is at most 59, as data says.', { 'data.testImages': 59 }],
    ['tasks[0].classes has a class twice.', { 'tasks.0.classes': [1, 1] }],
    ['totalSteps is 20; allowed is 17, the sum of tasks[…].steps.', { 'tasks.1.steps': 7 }],
    ['evaluations[1].step is 20; allowed is at most 13, as step says.', { 'evaluations.1.step': 20 }],
    ['evaluations[1].task is 3; allowed is 1 to 2, as tasks says.', { 'evaluations.1.task': 3 }],
    ['evaluations[1].lane is 0, after 1; allowed is one lane after the other.', { 'evaluations.0.lane': 1 }],
    ['evaluations[2].retrieval is null, which "er-mir" cannot have.', { 'evaluations.2.retrieval': null }],
    [
      'evaluations[1].averageAccuracy is 0.5; allowed is 0.97, the mean of its accuracyByTask.',
      { 'evaluations.1.averageAccuracy': 0.5 },
    ],
    [
      'retrievalChanges[0].step is 13; allowed is 0 to 12: changes are in order, and none is later than step.',
      { 'retrievalChanges.0.step': 13 },
    ],
    [
      'lanes[0].counts.storedByTask is a list of 3; allowed is at most 2.',
      { 'lanes.0.counts.storedByTask': [1, 2, 3] },
    ],
  ])('%s', (problem, values) => {
    expect(problemsOf(fileWith(values))).toContain(problem);
  });
});

it('is never accepted where its schema refuses it, and never throws, whatever is changed in it', () => {
  const text = runFileText(smallRun);
  /** All places in a file. */
  const places: string[] = [];
  (function walk(value: Json, path: string): void {
    if (path !== '') places.push(path);
    if (typeof value === 'object' && value !== null)
      for (const [key, inner] of Object.entries(value)) walk(inner, path === '' ? key : `${path}.${key}`);
  })(plain(), '');
  const odd = fc.oneof(
    fc.constantFrom<Json>(null, true, -1, 0, 0.5, 1e9, 1e300, '', 'er', [], {}, [[]], [null], { length: 1e9 }),
    fc.jsonValue({ maxDepth: 2 }) as fc.Arbitrary<Json>,
  );
  const changed = fc.array(fc.tuple(fc.constantFrom(...places), odd), { minLength: 1, maxLength: 3 }).map((changes) => {
    try {
      return fileWith(Object.fromEntries(changes));
    } catch {
      // A change took the place of another one away.
      return fileWith(Object.fromEntries(changes.slice(0, 1)));
    }
  });
  const spoiled = fc
    .tuple(fc.nat(text.length), fc.nat(20), fc.string({ unit: 'binary', maxLength: 5 }))
    .map(([at, removed, added]) => text.slice(0, at) + added + text.slice(at + removed));
  fc.assert(
    fc.property(fc.oneof(changed, spoiled), (hostile) => {
      const parsed = parseRunFile(hostile);
      if (parsed.kind === 'run') {
        // Settings that came later may be missing: they have the values of before.
        const file = JSON.parse(hostile) as RunFile;
        const lanes = file.lanes.map((lane) => ({ ...lane, config: completed(lane.config) }));
        expect(runFileSchema.safeParse({ ...file, lanes }).success).toBe(true);
        expect(parseRunFile(runFileText(parsed.run)).kind).toBe('run');
      } else {
        expect(parsed.problems.length).toBeLessThanOrEqual(4);
        for (const problem of parsed.problems) expect(problem).toMatch(/^.{5,500}\.$/su);
      }
    }),
    { numRuns: faultRuns({ short: 200, long: 10_000 }), seed: faultSeed },
  );
});
