import { encode as encodePng } from 'fast-png';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { curvesText, noCurves, parseCurves, withSeed } from '../../../../src/cli/plainSweep.ts';
import { attempt, type Change, changesOf, type Files, joined, plainChanges, tryMany } from './hostileFiles.ts';

type Bytes = Uint8Array<ArrayBuffer>;

const encoded = (text: string): Bytes => new TextEncoder().encode(text);
const decoded = (bytes: Uint8Array) => new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);

/** Three classes of three images, a table each; image i of class k is of the red 40k + 10i. */
const miniImagenet = { classes: 3, train: 2, test: 1 };
const tables = ['train.csv', 'val.csv', 'test.csv'];
const red = (label: number, image: number) => 40 * label + 10 * image;
const pictures: Files = new Map(
  tables.flatMap((_, label) =>
    [0, 1, 2].map((image): [string, Bytes] => {
      const data = Uint8Array.from([1, 2, 3, 4].flatMap(() => [red(label, image), 0, 99]));
      return [
        `images/c${label}i${image}.png`,
        new Uint8Array(encodePng({ width: 2, height: 2, channels: 3, depth: 8, data })),
      ];
    }),
  ),
);
const table = (label: number) =>
  ['filename,label', ...[0, 1, 2].map((image) => `c${label}i${image}.png,class ${label}`), ''].join('\n');

type TableChange = (text: string, where: number, what: number) => string;

const eachLine = (text: string, change: (line: string, index: number) => string) =>
  text
    .split('\n')
    .map((line, index) => (line === '' ? '' : change(line, index)))
    .join('\n');

/** Changes of a table that says the same afterwards; no two of them stand in each other's way. */
const ways: readonly TableChange[] = [
  (text) => eachLine(text, (line, index) => `${index === 0 ? '' : index - 1},${line}`),
  (text) =>
    eachLine(text, (line) =>
      line
        .split(',')
        .map((cell) => `"${cell}"`)
        .join(','),
    ),
  (text) => text.replace('filename', 'FileName'),
  (text, _, what) => eachLine(text, (line) => line.replaceAll(',', ';\t'[what % 2])),
  (text, _, what) => text.replaceAll('\n', '\n'.repeat(1 + (what % 3))),
  (text, _, what) => text.replaceAll('\n', ['\r\n', '\n'][what % 2]),
  (text) => `\uFEFF${text}`,
  (text) => text.replaceAll(/c\di\d\.png/g, (name) => `images\\${name}`),
  (text) => text.replaceAll(/c\di\d\.png/g, (name) => name.toUpperCase()),
];

/** As spreadsheets write "Unicode text", and others. */
function inUtf16(text: string, little: boolean): Bytes {
  const bytes = Buffer.from(`\uFEFF${text.replace(/^\uFEFF/, '')}`, 'utf16le');
  return new Uint8Array(little ? bytes : bytes.swap16());
}

const signs = [
  '"',
  ',',
  ';',
  '\t',
  '\n',
  '\r',
  '\0',
  '\uFEFF',
  '""',
  '"\n"',
  'filename,label\n',
  '\ud800',
  '=1+1',
  ','.repeat(5_000),
];

const wild: readonly ((bytes: Bytes, where: number, what: number) => Bytes)[] = [
  ...plainChanges,
  (bytes, where, what) => {
    const text = decoded(bytes);
    const at = where % (text.length + 1);
    return encoded(text.slice(0, at) + signs[what % signs.length] + text.slice(at));
  },
  (bytes, where) => {
    const lines = decoded(bytes).split('\n');
    lines.splice(where % lines.length, 1);
    return encoded(lines.join('\n'));
  },
  (bytes, where, what) => {
    const lines = decoded(bytes).split('\n');
    const line = lines[where % lines.length];
    // A line may have ten million characters by another change, and a string holds half a milliard.
    const times = Math.min(what % 500, Math.ceil(20_000_000 / (1 + line.length)));
    return encoded([...lines, ...Array<string>(times).fill(line)].join('\n'));
  },
  (bytes) => new Uint8Array(Uint16Array.from([0xfeff, ...Buffer.from(bytes)]).buffer),
  (bytes, where) =>
    encoded(decoded(bytes).replace('label', ['', 'class', 'filename', 'label,label', 'wnid'][where % 5])),
  (bytes, where, what) => joined(bytes, encoded(`${'x'.repeat(where % 10_000)},${'y'.repeat(what % 10_000)}`)),
  (bytes, where, what) => joined(bytes, encoded(signs[what % signs.length].repeat(where % 2_000))),
  (bytes) => encoded(decoded(bytes).replaceAll('.png', '.jpg')),
  (bytes, where) => encoded(decoded(bytes).replaceAll('c1', `${'../'.repeat(where % 50)}c1`)),
];

const chosen = fc.tuple(
  fc.subarray([...ways.keys()]),
  fc.nat(),
  fc.nat({ max: 2 }),
  fc.oneof(fc.constant([]), changesOf(wild.length)),
);

it('tables of images open with exactly their values, or are refused with a sentence, at once', async () => {
  const { opened, refused } = await tryMany(
    chosen,
    { short: 200, long: 10_000 },
    async ([told, what, which, changes]) => {
      const tableFiles = tables.map((name, label): [string, Bytes] => {
        const said = told.reduce((text, way) => ways[way](text, 0, what), table(label));
        const change = (bytes: Bytes, [kind, where, other]: Change) => wild[kind](bytes, where, other);
        if (changes.length === 0 && what % 3 > 0) return [name.toUpperCase(), inUtf16(said, what % 3 === 1)];
        return [name, label === which ? changes.reduce(change, encoded(said)) : encoded(said)];
      });
      const outcome = await attempt(new Map([...pictures, ...tableFiles]), { miniImagenet });
      if (changes.length > 0) return outcome.kind;
      if (outcome.kind === 'refused') throw new Error(outcome.message);
      expect(outcome.opened.kind).toBe('whole');
      const { train, test, classNames } = outcome.opened.dataset;
      expect(classNames).toEqual(['class 0', 'class 1', 'class 2']);
      const reds = [train, test].flatMap(({ pixels, labels }) =>
        [...labels].map((label, image) => ({
          label,
          red: pixels[84 * 84 * 3 * image],
          blue: pixels[84 * 84 * 3 * image + 2],
        })),
      );
      const expected = tables.flatMap((_, label) =>
        [0, 1, 2].map((image) => ({ label, red: red(label, image), blue: 99 })),
      );
      const byRed = (one: { red: number }, other: { red: number }) => one.red - other.red;
      expect(reds.toSorted(byRed)).toEqual(expected);
      return outcome.kind;
    },
  );
  expect(Math.min(opened, refused)).toBeGreaterThan((opened + refused) / 10);
}, 1_000_000);

it('curves of an earlier command are gone on with exactly, or not taken for curves, at once', async () => {
  const header = 'lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting,accuracyTask1';
  const csv = (seed: number) =>
    [header, ...Array.from({ length: 30 }, (_, step) => `${step % 2},er-mir,mir,${seed},${step},1,0.5,,0.25`)].join(
      '\r\n',
    );
  const whole = curvesText(withSeed(withSeed(noCurves, 3, csv(3)), 1, csv(1)), []);
  const { refused } = await tryMany(fc.tuple(changesOf(wild.length)), { short: 200, long: 10_000 }, ([changes]) => {
    const text = decoded(
      changes.reduce((bytes, [kind, where, what]) => wild[kind](bytes, where, what), encoded(whole)),
    );
    const before = process.cpuUsage();
    const curves = parseCurves(text);
    if (curves !== null) {
      const written = curvesText(curves, []);
      const again = parseCurves(written);
      if (curves.bySeed.size > 0) expect(again !== null && curvesText(again, []) === written).toBe(true);
    }
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(1_000);
    if (changes.length === 0) expect(curvesText(curves ?? noCurves, [])).toBe(whole);
    return Promise.resolve(curves === null ? 'refused' : 'opened');
  });
  expect(refused).toBeGreaterThan(0);
}, 1_000_000);

it('a file of 200,000 rows of curves is read at once', () => {
  const rows = Array.from({ length: 200_000 }, (_, step) => `0,er,random,0,${step},1,0.5,,0.25`);
  const text = ['lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting,accuracyTask1', ...rows].join(
    '\r\n',
  );
  const before = process.cpuUsage();
  expect(parseCurves(text)?.bySeed.get(0)).toHaveLength(200_000);
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(2_000);
});
