import fc from 'fast-check';
import { expect } from 'vitest';
import { decodeImage } from '../../../../src/cli/data/squareThread.ts';
import { DataError, type Dataset, imageSize, type ImageSet, type OpenedDataset } from '../../../../src/core/dataset.ts';
import { seekableFile } from '../../../../src/engine/data/archives.ts';
import { openFiles, type OpeningTools } from '../../../../src/engine/data/openFiles.ts';
import { squareImage } from '../../../../src/engine/data/squareImage.ts';
import { faultRuns, faultSeed } from '../../faultRuns.ts';

/** Files by path, as somebody chooses them. */
export type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

/** One change: which, and two numbers that say where and to what. */
export type Change = readonly [kind: number, where: number, what: number];

/** Up to three changes out of a list, and further harmless ones. */
export const changesOf = (kinds: number, most = 3) =>
  fc.array(fc.tuple(fc.nat({ max: kinds - 1 }), fc.nat(), fc.nat()), { maxLength: most });

/** What an opening came to. */
export type Outcome =
  | { readonly kind: 'opened'; readonly opened: OpenedDataset }
  | { readonly kind: 'refused'; readonly message: string };

/** Longer than anything that anybody waits for; an input that takes so long is a hang. */
const hang = 20_000;

/**
 * Opens files as page and command line do. Throws unless they open as a dataset in which everything fits, or are
 * refused with one sentence or few, within a second of processor time.
 */
export async function attempt(files: Files, tools: Partial<OpeningTools> = {}): Promise<Outcome> {
  const chosen = [...files].map(([path, bytes]) =>
    seekableFile(path, bytes.length, (from, count) => Promise.resolve(bytes.slice(from, from + count))),
  );
  const square = (bytes: Uint8Array, side: number) =>
    Promise.resolve().then(() => squareImage(decodeImage(bytes), side));
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('It hangs.')), hang);
  });
  const before = process.cpuUsage();
  try {
    const opening = openFiles('The selection', chosen, { square, onProgress: () => {}, ...tools });
    const { opened } = await Promise.race([opening, late]);
    checkDataset(opened.dataset);
    if (opened.kind === 'partial') for (const { text } of opened.problems) checkWords(text);
    return { kind: 'opened', opened };
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    checkWords(error.message);
    return { kind: 'refused', message: error.message };
  } finally {
    clearTimeout(timer);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1_000).toBeLessThan(1_000);
  }
}

/** A sentence or a few, of a length that fits a page, about the matter and not about the program. */
export function checkWords(text: string): void {
  expect(text).toMatch(/^[^\n\r\0]{10,900}[.!]$/u);
  expect(text).not.toMatch(
    /undefined|NaN|\[object|TypeError|is not a function|Cannot read|Invalid (typed )?array|\n\s*at /i,
  );
}

function checkDataset(dataset: Dataset): void {
  const size = imageSize(dataset);
  for (const { count, labels, pixels } of [dataset.train, dataset.test] satisfies ImageSet[]) {
    expect([labels.length, pixels.length]).toEqual([count, count * size]);
    expect(count).toBeGreaterThan(0);
    expect(labels.every((label) => label < dataset.classNames.length)).toBe(true);
  }
}

/** Whether two lists of bytes are the same. */
export function sameBytes(one: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(one, other) === 0;
}

/** Tries so many inputs; the count of those that were opened and of those that were refused, for the record. */
export async function tryMany<Input>(
  inputs: fc.Arbitrary<Input>,
  numbers: { readonly short: number; readonly long: number },
  test: (input: Input) => Promise<Outcome['kind']>,
): Promise<{ readonly opened: number; readonly refused: number }> {
  const counts = { opened: 0, refused: 0 };
  await fc.assert(
    fc.asyncProperty(inputs, async (input) => {
      counts[await test(input)] += 1;
    }),
    {
      numRuns: faultRuns(numbers),
      seed: faultSeed,
      plugins: [fc.interruptAfterTimeLimit(900_000, { failOnInterrupt: true })],
    },
  );
  return counts;
}

const numbers32 = [
  0, 1, 2, 9, 10, 27, 29, 127, 128, 255, 256, 65_535, 65_536, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff,
];

/** A number of 32 bits that is likely to break something, or any. */
export function oddNumber(what: number): number {
  return what % 4 === 0 ? what >>> 0 : numbers32[what % numbers32.length];
}

/** Changes that know nothing of a format. */
export const plainChanges: readonly ((
  bytes: Uint8Array<ArrayBuffer>,
  where: number,
  what: number,
) => Uint8Array<ArrayBuffer>)[] = [
  (bytes, where, what) => {
    const changed = bytes.slice();
    if (bytes.length > 0) changed[where % bytes.length] = what;
    return changed;
  },
  (bytes, where) => bytes.slice(0, where % (bytes.length + 1)),
  (bytes, where) => bytes.slice(where % (bytes.length + 1)),
  (bytes, where, what) => joined(bytes, new Uint8Array(1 + (where % 2_000)).fill(what)),
  (bytes, where, what) => {
    const at = where % (bytes.length + 1);
    return joined(bytes.slice(0, at), bytes.slice(Math.min(bytes.length, at + (what % 600))));
  },
  (bytes, where, what) => {
    const [at, length] = [where % (bytes.length + 1), what % 600];
    return joined(bytes.slice(0, at), bytes.slice(at, at + length), bytes.slice(at));
  },
  () => new Uint8Array(0),
];

export function joined(...parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  return new Uint8Array(Buffer.concat(parts));
}
