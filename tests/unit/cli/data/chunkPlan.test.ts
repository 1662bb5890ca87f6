import { describe, expect, it } from 'vitest';
import { cifar10Chunks, mnistChunks, planChunks } from '../../../../src/cli/data/preparedFiles.ts';
import { splitCifar10 } from '../../../../src/core/scenarios.ts';
import { neededSamples } from '../../../../src/core/stream.ts';

const cyclic = (count: number) => Uint8Array.from({ length: count }, (_, image) => (image * 7) % 10);
const labels = { train: cyclic(50_000), test: cyclic(100) };
const chunksOf = (samples: Int32Array, chunkOf: Uint8Array) =>
  [...new Set(Array.from(samples, (sample) => chunkOf[sample]))].sort((a, b) => a - b);

describe('planChunks', () => {
  it('puts each image into one chunk, those of a chunk of CIFAR-10 of one class', () => {
    const { chunks, chunkOf } = planChunks('cifar@1', labels, cifar10Chunks);
    const classOf = (chunk: Int32Array) => new Set(Array.from(chunk, (index) => labels.train[index]));
    // Ten classes, of twelve lengths of run each, and what the longest run holds out.
    expect(chunks).toHaveLength(130);
    expect(chunks.every((chunk) => classOf(chunk).size === 1)).toBe(true);
    expect(Math.max(...chunks.map(({ length }) => length))).toBeLessThan(700);
    expect(chunks.flatMap((indices) => [...indices]).sort((a, b) => a - b)).toEqual([...labels.train.keys()]);
    chunks.forEach((indices, chunk) => {
      expect(indices.every((index, i) => chunkOf[index] === chunk && (i === 0 || index > indices[i - 1]))).toBe(true);
    });
  });

  it('puts the test images of CIFAR-10 into one chunk for each class, those of MNIST into one', () => {
    const { testChunks } = planChunks('cifar@1', labels, cifar10Chunks);
    expect(testChunks.map((indices) => [...indices])).toEqual(
      Array.from({ length: 10 }, (_, label) => [...labels.test.keys()].filter((index) => labels.test[index] === label)),
    );
    expect(planChunks('mnist@1', labels, mnistChunks).testChunks).toEqual([Int32Array.from(labels.test.keys())]);
    // A class without test images has no file.
    const [first] = planChunks('cifar@1', { ...labels, test: cyclic(9) }, cifar10Chunks).testChunks;
    expect(first).toHaveLength(9);
  });

  it('lets a short run of seed 0 start with few chunks', () => {
    const { chunkOf } = planChunks('cifar@1', labels, cifar10Chunks);
    const needed = (samplesPerTask: number) =>
      neededSamples(splitCifar10.tasks(labels, { seed: 0, samplesPerTask, classOrderSeed: 'off' }));
    const first = (count: number) => Array.from({ length: count }, (_, chunk) => chunk);
    expect(chunksOf(needed(500), chunkOf)).toEqual(first(10));
    expect(chunksOf(needed(1_200), chunkOf)).toEqual(first(30));
  });

  it('lets a task of CIFAR-10 begin with the chunks of its two classes, in whatever order tasks come', () => {
    const { chunks, chunkOf } = planChunks('cifar@1', labels, cifar10Chunks);
    const tasks = splitCifar10.tasks(labels, { seed: 3, samplesPerTask: 9_750, classOrderSeed: 8 });
    for (const { train, classes } of tasks) {
      const needed = chunksOf(train, chunkOf);
      expect(needed).toHaveLength(26);
      expect(new Set(needed.map((chunk) => labels.train[chunks[chunk][0]]))).toEqual(new Set(classes));
    }
  });

  it('has another recipe for another source, other labels or another rule', () => {
    const recipe = planChunks('cifar@1', labels, cifar10Chunks).recipe;
    expect(recipe).toMatch(/^[0-9a-f]{64}$/);
    expect(planChunks('cifar@1', labels, cifar10Chunks).recipe).toBe(recipe);
    expect(planChunks('cifar@2', labels, cifar10Chunks).recipe).not.toBe(recipe);
    expect(planChunks('cifar@1', { ...labels, test: cyclic(101) }, cifar10Chunks).recipe).not.toBe(recipe);
    expect(planChunks('cifar@1', labels, mnistChunks).recipe).not.toBe(recipe);
  });
});
