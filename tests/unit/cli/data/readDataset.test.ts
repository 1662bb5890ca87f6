import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { findMnistPackage, readHalf, type SourceDirectory, writeMnist } from '../../../../src/cli/data/mnist.ts';
import { readMnist } from '../../../../src/cli/data/readDataset.ts';
import { dataDirectory } from '../../../../src/cli/data/preparedFiles.ts';
import type { WholeDataset } from '../../../../src/core/dataset.ts';
import type { Manifest } from '../../../../src/engine/data/manifest.ts';

let source: SourceDirectory;
let manifest: Manifest;
let mnist: WholeDataset;

beforeAll(async () => {
  source = await findMnistPackage();
  ({ manifest } = await writeMnist(source, dataDirectory('mnist')));
  mnist = await readMnist();
}, 120_000);

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const countOf = (labels: Uint8Array) =>
  Array.from({ length: 10 }, (_, label) => labels.filter((found) => found === label).length);

describe('complete MNIST as prepared', () => {
  it('is, image for image, what the IDX files hold', async () => {
    for (const half of ['train', 'test'] as const) {
      const { set } = await readHalf(source, half);
      expect(hashOf(mnist[half].pixels)).toBe(hashOf(set.pixels));
      expect(hashOf(mnist[half].labels)).toBe(hashOf(set.labels));
    }
  });

  it('has the known number of images of each digit', () => {
    expect(countOf(mnist.train.labels)).toEqual([5_923, 6_742, 5_958, 6_131, 5_842, 5_421, 5_918, 6_265, 5_851, 5_949]);
    expect(countOf(mnist.test.labels)).toEqual([980, 1_135, 1_032, 1_010, 982, 892, 958, 1_028, 974, 1_009]);
  });

  it('lets the default run start after at most 3 MB', () => {
    const [labels, test, first] = manifest.files;
    expect([labels.kind, test.kind, first.kind]).toEqual(['labels', 'test', 'train']);
    expect(first).toMatchObject({ images: 5_000 });
    const manifestBytes = JSON.stringify(manifest, null, 2).length;
    expect(manifestBytes + labels.bytes + test.bytes + first.bytes).toBeLessThan(3_000_000);
  });
});
