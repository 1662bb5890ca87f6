import { encode as encodePng } from 'fast-png';
import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../src/cli/data/squareThread.ts';
import type { OpenedDataset } from '../../../../src/core/dataset.ts';
import { type NamedFile, seekableFile } from '../../../../src/engine/data/archives.ts';
import { openMiniImagenetFiles } from '../../../../src/engine/data/miniImagenet.ts';
import { squareImage } from '../../../../src/engine/data/squareImage.ts';

const shape = { classes: 3, train: 2, test: 1 };
const folder = { name: 'mini', remedy: 'Mend it.' };

function file(path: string, bytes: Uint8Array, size = bytes.length): NamedFile {
  const part = (from: number, count: number) => Promise.resolve(bytes.slice(from, from + count));
  const { start, pieces } = seekableFile(path, size, part);
  return { path, size, start, pieces, read: () => Promise.resolve(bytes) };
}

/** Three classes of three images; image i of class k is of the colour 10k + i. */
const images = [0, 1, 2].flatMap((label) =>
  [0, 1, 2].map((image) => {
    const data = Uint8Array.of(10 * label + image);
    return file(`images/c${label}i${image}.jpg`, encodePng({ width: 1, height: 1, channels: 1, data }));
  }),
);

function opened(
  table: (rows: readonly (readonly [string, string])[]) => string,
  size?: number,
): Promise<OpenedDataset> {
  const tables = ['train', 'val', 'test'].map((name, label) => {
    const rows = [0, 1, 2].map((image) => [`c${label}i${image}.jpg`, `class ${label}`] as const);
    const bytes = new TextEncoder().encode(table(rows));
    return file(`${name}.csv`, bytes, size);
  });
  return openMiniImagenetFiles(
    folder,
    [...tables, ...images],
    {
      square: async (bytes, side) => squareImage(decodeImage(bytes), side),
      parseCsv: (text, delimiter) => Papa.parse<string[]>(text, { skipEmptyLines: 'greedy', delimiter }).data,
      onProgress: () => {},
    },
    shape,
  );
}

describe('tables of MiniImagenet', () => {
  it.each<[string, (rows: readonly (readonly [string, string])[]) => string]>([
    ['as they are', (rows) => ['filename,label', ...rows.map((row) => row.join(','))].join('\n')],
    [
      'of a spreadsheet: byte-order mark, CRLF, semicolons',
      (rows) => `\uFEFF${['filename;label', ...rows.map((row) => row.join(';'))].join('\r\n')}\r\n`,
    ],
    ['with tabs', (rows) => ['filename\tlabel', ...rows.map((row) => row.join('\t'))].join('\n')],
    ['with quoted fields', (rows) => ['"filename","label"', ...rows.map((row) => `"${row.join('","')}"`)].join('\n')],
    [
      'of pandas, with its index',
      (rows) => [',filename,label', ...rows.map((row, index) => [index, ...row].join(','))].join('\n'),
    ],
    [
      'of pandas, read and written again',
      (rows) => ['Unnamed: 0,filename,label', ...rows.map((row, index) => [index, ...row].join(','))].join('\n'),
    ],
    [
      'with the columns in the other order',
      (rows) => ['label,filename', ...rows.map(([name, label]) => `${label},${name}`)].join('\n'),
    ],
  ])('%s', async (_, table) => {
    const { kind, dataset } = await opened(table);
    expect(kind).toBe('whole');
    expect(dataset.classNames).toEqual(['class 0', 'class 1', 'class 2']);
    const colours = [dataset.train, dataset.test].flatMap(({ count, pixels }) =>
      Array.from({ length: count }, (__, image) => pixels[image * 84 * 84 * 3]),
    );
    expect(colours.sort((a, b) => a - b)).toEqual([0, 1, 2, 10, 11, 12, 20, 21, 22]);
  });

  it('that no MiniImagenet could have are refused by the size they declare, unread', async () => {
    await expect(opened(() => 'filename,label\n', 48_000_000)).rejects.toThrow(
      'mini: train.csv has 48,000,000 bytes; a table of images has no more than 10,000,000. Mend it.',
    );
  });
});
