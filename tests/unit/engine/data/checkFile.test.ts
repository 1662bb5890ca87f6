import fc from 'fast-check';
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
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

describe.each(['by the platform', 'in JavaScript, as where a page came by plain HTTP'])('checkFile, %s', (how) => {
  beforeEach(() => {
    if (how !== 'by the platform') vi.stubGlobal('crypto', {});
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('accepts the file as stored, and as unpacked on the way', async () => {
    await checkFile(reference, listed, packed);
    await checkFile(reference, listed, content);
  });

  it('refuses every other byte sequence', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(packed, content),
        fc.nat(),
        fc.integer({ min: 1, max: 255 }),
        async (whole, position, change) => {
          const damaged = whole.slice();
          damaged[position % whole.length] ^= change;
          await expect(checkFile(reference, listed, damaged)).rejects.toThrow(DataError);
          await expect(checkFile(reference, listed, whole.subarray(0, position % whole.length))).rejects.toThrow(
            DataError,
          );
        },
      ),
    );
  });

  it('says what was found and expected', async () => {
    await expect(checkFile(reference, listed, packed.subarray(0, 10))).rejects.toThrow(
      `test.bin has 10 bytes; ${packed.length} are needed. Fetch it again.`,
    );
    const damaged = packed.slice();
    damaged[20] ^= 1;
    await expect(checkFile(reference, listed, damaged)).rejects.toThrow(
      `is corrupted: its SHA-256 begins with ${hashOf(damaged).slice(0, 8)}, it should begin with ${listed.sha256.slice(0, 8)}`,
    );
  });
});
