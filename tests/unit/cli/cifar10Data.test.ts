import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCifar10 } from '../../../src/cli/data/readDataset.ts';
import { dataDirectory } from '../../../src/cli/data/preparedFiles.ts';
import { classCounts, type WholeDataset, type WholeSet } from '../../../src/core/dataset.ts';

/** MD5 of the official binary version's files, as published with many programs that read them. */
const officialMd5 = {
  train: [
    '5dd7e06a14cb22eb9f671a540d1b7c25',
    '5ea93a67294ea407fff1d09f752e9692',
    '942cd6a4bcdd0dd3c604fbe906cb4421',
    'ae636b3ba5c66a11e91e8cb52e771fcb',
    '53f37980c15c3d472c316c40844f3f0d',
  ],
  test: ['803d5f7f4d78ea53de84dbe85f74fb6d'],
};

/** One batch as the official binary version writes it: a label, then a red, a green and a blue plane. */
function officialBatch({ labels, pixels }: WholeSet, batch: number): Uint8Array {
  const bytes = new Uint8Array(10_000 * 3_073);
  for (let image = 0; image < 10_000; image++) {
    const from = (batch * 10_000 + image) * 3_072;
    const to = image * 3_073;
    bytes[to] = labels[batch * 10_000 + image];
    for (let i = 0; i < 3_072; i++) bytes[to + 1 + (i % 3) * 1_024 + Math.floor(i / 3)] = pixels[from + i];
  }
  return bytes;
}

// 139 MB are not fetched for a test: it runs where `npm run data:cifar10` has.
describe.runIf(existsSync(join(dataDirectory('cifar10'), 'manifest.json')))('complete CIFAR-10 as prepared', () => {
  let cifar10: WholeDataset;

  beforeAll(async () => {
    cifar10 = await readCifar10();
  }, 120_000);

  it('has 5,000 training and 1,000 test images of each class', () => {
    expect([...classCounts(cifar10.train.labels, 10)]).toEqual(Array<number>(10).fill(5_000));
    expect([...classCounts(cifar10.test.labels, 10)]).toEqual(Array<number>(10).fill(1_000));
  });

  it.each(['train', 'test'] as const)(
    'is, byte for byte, the official %s images',
    (half) => {
      const found = officialMd5[half].map((_, batch) =>
        createHash('md5').update(officialBatch(cifar10[half], batch)).digest('hex'),
      );
      expect(found).toEqual(officialMd5[half]);
    },
    60_000,
  );
});
