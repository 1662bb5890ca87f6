import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../../src/core/dataset.ts';
import { imageFiles, type Manifest, type ManifestFile, parseManifest } from '../../../../src/engine/data/manifest.ts';

const reference = { name: 'manifest.json', remedy: 'Fetch it again.' };
const fields = { bytes: 40, sha256: 'b'.repeat(64), contentBytes: 50, contentSha256: 'c'.repeat(64) };
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
    expect(imageFiles(parsed, 'test').map(({ name }) => name)).toEqual(['test.bin']);
    expect(imageFiles(parsed, 'train').map(({ name }) => name)).toEqual(['train-00.bin', 'train-01.bin']);
  });

  it('reads test images in one file for each class only where its format says so', () => {
    const [labels, test, ...train] = files;
    const ofClass = (number: number) => ({ ...test, name: `test-0${number}.bin`, images: 2 });
    const byClass = { ...manifest, format: 2, files: [labels, ofClass(0), ofClass(1), ...train] };
    expect(imageFiles(parse(byClass), 'test').map(({ name }) => name)).toEqual(['test-00.bin', 'test-01.bin']);
    expect(() => parse({ ...byClass, format: 1 })).toThrow('lists 2 files of kind test; exactly one is needed');
    expect(() => parse({ ...manifest, format: 2 })).toThrow(
      'lists 1 files of kind test; 2, one for each class, are needed',
    );
  });

  it('says what is wrong', () => {
    expect(() => parseManifest(reference, '<!doctype html><title>Lab</title>')).toThrow(
      'manifest.json is not a manifest in JSON: a web page was found. Fetch it again.',
    );
    expect(() => parse({ ...manifest, format: 3 })).toThrow('has format 3; format 1 or 2 is needed');
    expect(() => parse([])).toThrow('has format unknown');
    expect(() => parse({ ...manifest, counts: { train: 8, test: 4 } })).toThrow(
      'lists files with 7 train images; 8 are needed',
    );
    expect(() => parse({ ...manifest, files: [...files, files[0]] })).toThrow('lists 2 files of kind labels');
    expect(() => parse({ ...manifest, files: [{ ...files[0], sha256: 'x' }, ...files.slice(1)] })).toThrow(
      'damaged at "files.0.sha256"',
    );
  });

  it('refuses file names that lead elsewhere', () => {
    for (const name of ['../secret.bin', 'https://elsewhere/a.bin', '/a.bin', 'a/b.bin', '..bin']) {
      expect(() => parse({ ...manifest, files: [{ ...files[0], name }, ...files.slice(1)] })).toThrow(
        'damaged at "files.0.name"',
      );
    }
  });

  it('answers any text and any JSON that is no manifest with a DataError', () => {
    const hostile = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((json) => `{"format":1,"files":${json}}`),
    );
    fc.assert(
      fc.property(hostile, (text) => {
        expect(() => parseManifest(reference, text)).toThrow(DataError);
      }),
    );
  });
});
