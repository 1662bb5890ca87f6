import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../../src/core/dataset.ts';
import { checkFile, type ManifestFile } from '../../../../src/engine/data/manifest.ts';

const reference = { name: 'test.bin', remedy: 'Fetch it again.' };
const content = new TextEncoder().encode('MIRC and then some images, images, images, images');
const packed = new Uint8Array(gzipSync(content));
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const listed: ManifestFile = {
  kind: 'test',
  images: 4,
  name: 'test.bin',
  bytes: packed.length,
  sha256: hashOf(packed),
  contentBytes: content.length,
  contentSha256: hashOf(content),
};

describe('checkFile', () => {
  it('accepts the file as stored, and as unpacked on the way', () => {
    expect(() => checkFile(reference, listed, packed)).not.toThrow();
    expect(() => checkFile(reference, listed, content)).not.toThrow();
  });

  it('refuses every other byte sequence', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(packed, content),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        (whole, position, change) => {
          const damaged = whole.slice();
          damaged[position % whole.length] ^= change;
          expect(() => checkFile(reference, listed, damaged)).toThrow(DataError);
          expect(() => checkFile(reference, listed, whole.subarray(0, position % whole.length))).toThrow(DataError);
        },
      ),
    );
  });

  it('says what was found and expected', () => {
    expect(() => checkFile(reference, listed, packed.subarray(0, 10))).toThrow(
      `test.bin has 10 bytes; ${packed.length} are needed. Fetch it again.`,
    );
    const damaged = packed.slice();
    damaged[20] ^= 1;
    expect(() => checkFile(reference, listed, damaged)).toThrow(
      `is corrupted: its SHA-256 begins with ${hashOf(damaged).slice(0, 8)}, it should begin with ${listed.sha256.slice(0, 8)}`,
    );
  });
});
