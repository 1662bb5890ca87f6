import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../../src/engine/data/dataError.ts';
import { checkFile, parseManifest, testFile, trainFiles, type Manifest, type ManifestFile } from '../../../../src/engine/data/manifest.ts';

const reference = { name: 'manifest.json', remedy: 'Fetch it again.' };
const content = new TextEncoder().encode('MIRC and then some images, images, images, images');
const packed = new Uint8Array(gzipSync(content));
const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const fields = {
  bytes: packed.length,
  sha256: hashOf(packed),
  contentBytes: content.length,
  contentSha256: hashOf(content),
};
const files: ManifestFile[] = [
  { kind: 'labels', name: 'labels.bin', ...fields },
  { kind: 'test', images: 4, name: 'test.bin', ...fields },
  { kind: 'train', images: 5, name: 'train-00.bin', ...fields },
  { kind: 'train', images: 2, name: 'train-01.bin', ...fields },
];
const manifest: Manifest = {
  format: 1,
  name: 'MNIST',
  source: 'x@1.0.0',
  recipe: 'a'.repeat(64),
  imageShape: [28, 28, 1],
  classNames: ['0', '1'],
  counts: { train: 7, test: 4 },
  files,
};
const parse = (value: unknown) => parseManifest(reference, JSON.stringify(value));

describe('parseManifest', () => {
  it('reads a manifest and finds its files', () => {
    const parsed = parse(manifest);
    expect(parsed).toEqual(manifest);
    expect(testFile(parsed).name).toBe('test.bin');
    expect(trainFiles(parsed).map(({ name }) => name)).toEqual(['train-00.bin', 'train-01.bin']);
  });

  it('says what is wrong', () => {
    expect(() => parseManifest(reference, '<!doctype html><title>Lab</title>')).toThrow(
      'manifest.json is not a manifest in JSON: a web page was found. Fetch it again.',
    );
    expect(() => parse({ ...manifest, format: 2 })).toThrow('has format 2; format 1 is needed');
    expect(() => parse([])).toThrow('has format unknown');
    expect(() => parse({ ...manifest, counts: { train: 8, test: 4 } })).toThrow('lists files with 7 train images; 8 are needed');
    expect(() => parse({ ...manifest, files: [...files, files[0]] })).toThrow('lists 2 files of kind labels');
    expect(() => parse({ ...manifest, files: [{ ...files[0], sha256: 'x' }, ...files.slice(1)] })).toThrow('damaged at "files.0.sha256"');
  });

  it('refuses file names that lead elsewhere', () => {
    for (const name of ['../secret.bin', 'https://elsewhere/a.bin', '/a.bin', 'a/b.bin', '..bin']) {
      expect(() => parse({ ...manifest, files: [{ ...files[0], name }, ...files.slice(1)] })).toThrow('damaged at "files.0.name"');
    }
  });

  it('answers any text and any JSON that is no manifest with a DataError', () => {
    const hostile = fc.oneof(fc.string(), fc.json(), fc.json().map((json) => `{"format":1,"files":${json}}`));
    fc.assert(
      fc.property(hostile, (text) => {
        expect(() => parseManifest(reference, text)).toThrow(DataError);
      }),
    );
  });
});

describe('checkFile', () => {
  const listed = files[1];

  it('accepts the file as stored, and as unpacked on the way', () => {
    expect(() => checkFile(reference, listed, packed)).not.toThrow();
    expect(() => checkFile(reference, listed, content)).not.toThrow();
  });

  it('refuses every other byte sequence', () => {
    fc.assert(
      fc.property(fc.constantFrom(packed, content), fc.nat(), fc.integer({ min: 1, max: 255 }), (whole, position, change) => {
        const damaged = whole.slice();
        damaged[position % whole.length] ^= change;
        expect(() => checkFile(reference, listed, damaged)).toThrow(DataError);
        expect(() => checkFile(reference, listed, whole.subarray(0, position % whole.length))).toThrow(DataError);
      }),
    );
  });

  it('says what was found and expected', () => {
    expect(() => checkFile(reference, listed, packed.subarray(0, 10))).toThrow(
      `manifest.json has 10 bytes; ${packed.length} are needed. Fetch it again.`,
    );
    const damaged = packed.slice();
    damaged[20] ^= 1;
    expect(() => checkFile(reference, listed, damaged)).toThrow(
      `is corrupted: its SHA-256 begins with ${hashOf(damaged).slice(0, 8)}, it should begin with ${fields.sha256.slice(0, 8)}`,
    );
  });
});
