import fc from 'fast-check';
import { packTar } from 'modern-tar';
import { describe, expect, it } from 'vitest';
import { readTar } from '../../../../src/engine/data/archives.ts';

/** Bytes in pieces of the given lengths, again and again. */
async function* cut(bytes: Uint8Array, lengths: readonly number[]): AsyncGenerator<Uint8Array> {
  for (let from = 0, i = 0; from < bytes.length; i++) {
    await Promise.resolve();
    yield bytes.subarray(from, from + lengths[i % lengths.length]);
    from += lengths[i % lengths.length];
  }
}

async function readAll(bytes: Uint8Array, lengths: readonly number[] = [700]): Promise<[string, number[]][]> {
  const files: [string, number[]][] = [];
  for await (const { path, pieces } of readTar(cut(bytes, lengths))) {
    const content: number[] = [];
    for await (const piece of pieces) content.push(...piece);
    files.push([path, content]);
  }
  return files;
}

const pack = (files: readonly (readonly [string, Uint8Array])[]) =>
  packTar(files.map(([name, body]) => ({ header: { name, size: body.length }, body })));

describe('readTar', () => {
  it('gives back what another program has packed, whatever the pieces', async () => {
    const content = fc.uint8Array({ maxLength: 1_300 });
    const name = fc.string({ minLength: 1, maxLength: 40, unit: fc.constantFrom('a', 'b', 'é', '7', '.') });
    const lengths = fc.array(fc.integer({ min: 1, max: 2_000 }), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(name, content), { maxLength: 4 }), lengths, async (files, pieces) => {
        const packed = await pack(files.map(([path, bytes]) => [`in/${path}`, bytes]));
        expect(await readAll(packed, pieces)).toEqual(files.map(([path, bytes]) => [`in/${path}`, [...bytes]]));
      }),
      { numRuns: 50 },
    );
  });

  it('skips files that nobody reads, folders and notes, and joins long paths', async () => {
    const long = `${'folder/'.repeat(20)}name.txt`;
    const packed = await packTar([
      { header: { name: 'folder/', size: 0, type: 'directory' } },
      { header: { name: 'skipped', size: 900 }, body: new Uint8Array(900).fill(1) },
      { header: { name: long, size: 3 }, body: Uint8Array.of(1, 2, 3) },
    ]);
    const paths: string[] = [];
    for await (const { path } of readTar(cut(packed, [100]))) paths.push(path);
    expect(paths).toEqual(['skipped', long]);
  });

  it('throws where the archive is cut off in a file or a header', async () => {
    const packed = await pack([['a', new Uint8Array(600).fill(5)]]);
    await expect(readAll(packed.subarray(0, 700))).rejects.toThrow(
      'The tar archive is cut off: 412 bytes of a file are missing.',
    );
    await expect(readAll(packed.subarray(0, 300))).rejects.toThrow('The tar archive is cut off in a header.');
    expect(await readAll(new Uint8Array(0))).toEqual([]);
  });

  it.each([512, 100_000, 4_000_000])('gives all that comes before the cut, in pieces of %i bytes', async (length) => {
    const packed = await pack([1, 2, 3].map((file) => [`${file}`, new Uint8Array(1_000_000).fill(file)]));
    const received: number[] = [];
    const reading = async () => {
      for await (const { pieces } of readTar(cut(packed.subarray(0, 2_500_000), [length]))) {
        const place = received.push(0) - 1;
        for await (const piece of pieces) received[place] += piece.length;
      }
    };
    await expect(reading()).rejects.toThrow(RangeError);
    expect(received).toEqual([1_000_000, 1_000_000, 2_500_000 - 2 * 1_000_960 - 512]);
  });

  it('throws where a header is damaged, and never takes a changed header for a good one', async () => {
    const packed = await pack([['name.txt', Uint8Array.of(1, 2, 3)]]);
    await expect(readAll(new TextEncoder().encode('no tar at all '.repeat(60)))).rejects.toThrow(
      'A header of the tar archive is damaged: Invalid tar',
    );
    await fc.assert(
      fc.asyncProperty(fc.nat(511), fc.integer({ min: 1, max: 255 }), async (position, difference) => {
        const changed = packed.slice();
        changed[position] = (changed[position] + difference) & 255;
        const read = await readAll(changed).catch((error: unknown) => error);
        if (read instanceof Error) expect(read).toBeInstanceOf(RangeError);
        else expect(position >= 148 && position < 156 ? read : null).toEqual([['name.txt', [1, 2, 3]]]);
      }),
    );
  });
});
