import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/cli/configFlags.ts';
import { parseCurves } from '../../../src/cli/plainSweep.ts';
import { experimentOf, type OriginRecord, parseResultFile, resultFileOf } from '../../../src/cli/resultFile.ts';
import { continuedTableFile, joinedFiles, parseTableFile, tableFileText } from '../../../src/cli/tableFile.ts';
import { presetConfig } from '../../../src/core/config.ts';
import { paperRows, runKey, runOf } from '../../../src/core/paperTable.ts';
import { ProvenanceError } from '../../../src/core/provenance.ts';
import { keptFileText, readKeptFile } from '../../../src/state/keptFile.ts';
import { checkWords } from '../engine/data/hostileFiles.ts';
import { faultRuns, faultSeed } from '../faultRuns.ts';
import { curvePoint, finishedRun } from '../state/finishedRun.ts';

const origin = { version: '0.1.0', backend: 'wasm', data: null };
const plainResult = (...methods: readonly ('er' | 'er-mir')[]) =>
  resultFileOf(
    methods.map((method) => {
      const config = presetConfig('split-mnist', method);
      const records = [0, 1].map((seed): OriginRecord => {
        const { config: _config, backend: _backend, version: _version, data: _data, curve, ...run } = finishedRun();
        return { ...origin, config, record: { ...run, seed, steps: 20 + curve.length } };
      });
      return experimentOf(config, records, origin);
    }),
  );
const tableRuns = [0, 1].map((seed) =>
  finishedRun(runOf(paperRows[0], seed), { curve: [curvePoint(10, 0.5), curvePoint(20, 0.7)] }),
);
const failures = [{ config: runOf(paperRows[1], 0), reason: 'The loss is not a finite number.' }];

/** Good files of every kind that is read. */
const goodFiles = [
  JSON.stringify(plainResult('er')),
  JSON.stringify(plainResult('er', 'er-mir')),
  tableFileText({ table: paperRows[0].table, runs: tableRuns, failures }),
  keptFileText(tableRuns, [{}]),
];

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

const odd: unknown[] = [
  ...[true, 0, -1, 0.5, 2, 1e308, -1e308, 2 ** 31, 2 ** 53, '', 'er', '0.1.0', 'x'.repeat(5_000)],
  [],
  {},
  [[]],
  [{}],
  [null],
  JSON.parse('{"__proto__": 1}') as Json,
  Array(3_000).fill({}),
  Array(3_000).fill(0.5),
];
const oddValues = odd as readonly Json[];

/** Changes one place of JSON, chosen by numbers: another value, no value, a further one, one twice. */
function changed(value: Json, [down, kind, what]: readonly [readonly number[], number, number]): Json {
  const parts = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  const [first, ...rest] = down;
  if (down.length === 0 || parts.length === 0) return oddValues[what % oddValues.length];
  const [name, inner] = parts[first % parts.length];
  const copy = structuredClone(value) as Record<string, Json>;
  if (rest.length > 0 && typeof inner === 'object' && inner !== null) copy[name] = changed(inner, [rest, kind, what]);
  else if (kind === 0) copy[name] = oddValues[what % oddValues.length];
  else if (kind === 1) Reflect.deleteProperty(copy, name);
  else if (Array.isArray(copy)) (copy as Json[]).push(structuredClone(inner));
  else copy[`extra${what % 3}`] = inner;
  return copy;
}

const textChanges: readonly ((text: string, where: number) => string)[] = [
  (text) => text,
  (text, where) => text.slice(0, where % (text.length + 1)),
  (text, where) => text.slice(where % (text.length + 1)),
  (text, where) => {
    const at = where % (text.length + 1);
    return `${text.slice(0, at)}${'"{}[],:e9\0\u2028'[where % 11]}${text.slice(at + (where % 3))}`;
  },
  (text) => `\uFEFF${text}`,
  (text) => text + text,
  (_, where) => '[{"a":'.repeat(where % 20_000),
];

const parseJson = JSON.parse as (text: string) => Json;

const hostile = fc
  .tuple(
    fc.nat({ max: goodFiles.length - 1 }),
    fc.array(fc.tuple(fc.array(fc.nat({ max: 200 }), { maxLength: 6 }), fc.nat({ max: 2 }), fc.nat()), {
      maxLength: 3,
    }),
    fc.tuple(fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, fc.nat({ max: textChanges.length - 1 })), fc.nat()),
  )
  .map(([kind, changes, [text, where]]) => ({
    good: goodFiles[kind],
    text: textChanges[text](JSON.stringify(changes.reduce(changed, parseJson(goodFiles[kind]))), where),
  }));

/** Processor time in ms that something takes. */
async function timeOf(act: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await act();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

/** Runs a reader: what it gives, or the one sentence by which it refuses. */
function attempt<T>(read: () => T): T | null {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError || error instanceof ProvenanceError)) throw error;
    expect(error.message.length).toBeLessThan(2_000);
    expect(error.message).toMatch(/^[^\n]*\.$/);
    return null;
  }
}

/** Reads a text in all the ways in which the command line and the page read JSON that they have written. */
async function readEverywhere(text: string, good: string): Promise<void> {
  const table = attempt(() => continuedTableFile('a.json', text, paperRows[0].table));
  if (table !== null) expect(parseTableFile(tableFileText(table))).toEqual(table);
  parseResultFile(text);
  parseCurves(text);
  for (const mixed of [false, true])
    for (const others of [[], [good]]) {
      const files = [text, ...others].map((each, index) => ({ name: `${index}.json`, text: each }));
      const joined = attempt(() => joinedFiles(files, mixed));
      if (joined === null) continue;
      expect(joined.table).not.toMatch(/undefined|NaN|\[object/);
      expect(parseTableFile(joined.json) ?? parseResultFile(joined.json)).not.toBeNull();
    }
  const here = new Map(tableRuns.map((run) => [runKey(run.config), run]));
  const reading = await readKeptFile({ name: 'kept.json', size: text.length, text: () => Promise.resolve(text) }, here);
  if (reading.kind === 'refused') checkWords(reading.text);
}

describe('files of results', () => {
  it('of any content are read, or refused with a sentence, at once', async () => {
    let read = 0;
    await fc.assert(
      fc.asyncProperty(hostile, async ({ text, good }) => {
        if (parseTableFile(text) !== null || parseResultFile(text) !== null) read += 1;
        expect(await timeOf(() => readEverywhere(text, good))).toBeLessThan(1_000);
      }),
      {
        numRuns: faultRuns({ short: 100, long: 10_000 }),
        seed: faultSeed,
        plugins: [fc.interruptAfterTimeLimit(900_000, { failOnInterrupt: true })],
      },
    );
    expect(read).toBeGreaterThan(0);
  }, 1_000_000);

  it('with 100,000 wrong entries cost no more than with one', async () => {
    const many = <T>(value: T) => Array.from({ length: 100_000 }, () => value);
    for (const content of [
      { ...plainResult('er'), runs: many({}) },
      { ...plainResult('er'), mixed: many({}) },
      { experiments: many({}), paired: [] },
      { experiments: [plainResult('er')], paired: many({}) },
      { table: 1, runs: many({}), failures: [] },
      { table: 1, runs: [], failures: many({}) },
      { table: 1, runs: [finishedRun({}, { accuracyMatrix: many([2]) })], failures: [] },
      { table: 1, runs: [finishedRun({}, { curve: many(curvePoint(1, 2)) })], failures: [] },
    ]) {
      const text = JSON.stringify(content);
      const time = await timeOf(() => {
        expect([parseResultFile(text), parseTableFile(text)]).toEqual([null, null]);
      });
      expect(time).toBeLessThan(1_000);
    }
  });
});
