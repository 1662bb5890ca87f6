import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ImageSet, ImageView } from '../../../src/core/dataset.ts';
import { permutedMnist, splitCifar10, splitMiniImagenet, splitMnist } from '../../../src/core/scenarios.ts';
import { iidStream, neededSamples, sequentialStream, splitTasks } from '../../../src/core/stream.ts';
import { imageBytes, imageSource } from '../../../src/engine/data/imageSource.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';

const splitMnistClasses = [
  [0, 1],
  [2, 3],
  [4, 5],
  [6, 7],
  [8, 9],
];

/** Labels in an order that no arithmetic over sorted labels would survive. */
const labels = Uint8Array.from({ length: 5_000 }, (_, index) => (index * 7 + Math.floor(index / 13)) % 10);
const testLabels = Uint8Array.from({ length: 900 }, (_, index) => (index * 3) % 10);
const split = (seed = 0, samplesPerTask = 200) =>
  splitTasks(labels, testLabels, { seed, samplesPerTask }, splitMnistClasses);

describe('splitTasks', () => {
  it('gives each task exactly the images of its classes, in training, validation and test', () => {
    split().forEach((task, index) => {
      const classes = splitMnistClasses[index];
      expect(task.number).toBe(index + 1);
      expect(task.classes).toEqual(classes);
      for (const sample of [...task.train, ...task.validation]) expect(classes).toContain(labels[sample]);
      for (const sample of task.test) expect(classes).toContain(testLabels[sample]);
      expect(task.test).toHaveLength([...testLabels].filter((label) => classes.includes(label)).length);
      expect(new Set([...task.train].map((sample) => labels[sample]))).toEqual(new Set(classes));
    });
  });

  it('holds out 5% for validation, and never trains on it', () => {
    for (const task of split(3)) {
      const all = [...labels].filter((label) => task.classes.includes(label)).length;
      expect(task.validation).toHaveLength(Math.floor(all * 0.05));
      expect(new Set([...task.train, ...task.validation]).size).toBe(task.train.length + task.validation.length);
    }
  });

  it('takes whole batches of 10, as many samples as asked for or as there are', () => {
    for (const task of split(0, 57)) expect(task.train).toHaveLength(50);
    for (const task of split(0, 10_000)) {
      expect(task.train.length % 10).toBe(0);
      expect(task.train.length).toBeGreaterThan(900);
    }
  });

  it('depends on the seed; more samples continue the same order', () => {
    expect(split(1)).toEqual(split(1));
    expect([...split(1)[0].train]).not.toEqual([...split(2)[0].train]);
    expect([...split(1, 300)[4].train.slice(0, 200)]).toEqual([...split(1, 200)[4].train]);
  });

  it('says which task has too few images', () => {
    const few = Uint8Array.from({ length: 25 }, (_, index) => (index < 5 ? 9 : index % 8));
    expect(() => splitTasks(few, testLabels, { seed: 0, samplesPerTask: 10 }, splitMnistClasses)).toThrow(
      /^Task 1 .*needs 10\.$/,
    );
  });
});

describe('streams', () => {
  it('brings one task after another, each sample once, with its label and task', () => {
    const tasks = split(4);
    const steps = sequentialStream(tasks, labels);
    expect(steps.map(({ task }) => task)).toEqual([1, 2, 3, 4, 5].flatMap((task) => new Array<number>(20).fill(task)));
    const seen = steps.flatMap(({ batches }) => [...batches[0].samples]);
    expect(seen).toEqual([...neededSamples(tasks)]);
    for (const { task, batches } of steps) {
      expect(batches).toHaveLength(1);
      expect([...batches[0].labels]).toEqual([...batches[0].samples].map((sample) => labels[sample]));
      expect(new Set(batches[0].tasks)).toEqual(new Set([task]));
    }
  });

  it('mixes the same samples for the i.i.d. bounds, in as many steps, every pass in a new order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(100), (passes, seed) => {
        const tasks = split(seed, 40);
        const steps = iidStream(tasks, labels, seed, passes);
        expect(steps).toHaveLength(20);
        const batches = steps.flatMap((step) => step.batches);
        expect(batches).toHaveLength(20 * passes);
        const needed = [...neededSamples(tasks)].sort((a, b) => a - b);
        for (let pass = 0; pass < passes; pass++) {
          const samples = batches.slice(pass * 20, (pass + 1) * 20).flatMap((batch) => [...batch.samples]);
          expect([...samples].sort((a, b) => a - b)).toEqual(needed);
          expect(samples).not.toEqual([...neededSamples(tasks)]);
        }
        for (const batch of batches) {
          expect([...batch.tasks]).toEqual([...batch.labels].map((label) => Math.floor(label / 2) + 1));
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('scenarios', () => {
  const labelsOfCifar = Uint8Array.from({ length: 50_000 }, (_, index) => (index * 7) % 10);
  const settings = { seed: 0, samplesPerTask: 10_000, classOrderSeed: 'off' } as const;

  it('hold out 250 of each 10,000 of Split CIFAR-10, and leave 9,750', () => {
    const tasks = splitCifar10.tasks({ train: labelsOfCifar, test: testLabels }, settings);
    expect(tasks.map(({ train, validation }) => [train.length, validation.length])).toEqual(
      Array(5).fill([9_750, 250]),
    );
  });

  it('split MiniImagenet into twenty tasks of five classes, and Permuted MNIST into ten of all digits', () => {
    const hundred = Uint8Array.from({ length: 6_000 }, (_, index) => index % 100);
    const mini = splitMiniImagenet.tasks({ train: hundred, test: hundred }, settings);
    expect(mini.map(({ classes }) => classes).flat()).toEqual(Array.from({ length: 100 }, (_, label) => label));
    expect(mini.every(({ classes }) => classes.length === 5)).toBe(true);
    const permuted = permutedMnist.tasks({ train: labels, test: testLabels }, { ...settings, samplesPerTask: 50 });
    expect(permuted).toHaveLength(10);
    expect(permuted.every(({ test }) => test.length === testLabels.length)).toBe(true);
    expect([...permuted[0].train]).not.toEqual([...permuted[1].train]);
  });

  it('shuffle the classes of split scenarios by a seed of its own, and move each class’s images with it', () => {
    const order = (classOrderSeed: number | 'off', seed = 0) =>
      splitMnist
        .tasks({ train: labels, test: testLabels }, { seed, samplesPerTask: 50, classOrderSeed })
        .map(({ classes }) => classes.join(' and '));
    expect(order('off')).toEqual(['0 and 1', '2 and 3', '4 and 5', '6 and 7', '8 and 9']);
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 2 ** 31 - 1 }), (classOrderSeed) => {
        const tasks = splitMnist.tasks(
          { train: labels, test: testLabels },
          { seed: 3, samplesPerTask: 50, classOrderSeed },
        );
        const classes = tasks.flatMap((task) => task.classes);
        expect([...classes].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
        expect(order(classOrderSeed, 7)).toEqual(tasks.map((task) => task.classes.join(' and ')));
        for (const task of tasks) {
          expect(task.classes).toHaveLength(2);
          expect(task.classes[0]).toBeLessThan(task.classes[1]);
          expect([...new Set([...task.train].map((sample) => labels[sample]))].sort((a, b) => a - b)).toEqual(
            task.classes,
          );
          expect(task.test.every((sample) => task.classes.includes(testLabels[sample]))).toBe(true);
          expect(task.test).toHaveLength(testLabels.filter((label) => task.classes.includes(label)).length);
        }
      }),
      { numRuns: 20 },
    );
    const orders = Array.from({ length: 10 }, (_, seed) => order(seed).join());
    expect(new Set([...orders, order('off').join()]).size).toBe(11);
    const hundred = Uint8Array.from({ length: 6_000 }, (_, index) => index % 100);
    const mini = splitMiniImagenet.tasks({ train: hundred, test: hundred }, { ...settings, classOrderSeed: 1 });
    expect(new Set(mini.flatMap(({ classes }) => classes)).size).toBe(100);
    expect(mini[0].classes).not.toEqual([0, 1, 2, 3, 4]);
  });

  it('permute the pixels of Permuted MNIST by task and seed, the first task not at all', () => {
    const shape = { imageShape: [4, 5, 1] as const };
    const view = permutedMnist.view({ seed: 3 }, shape);
    expect(view.permutation(1)).toBeNull();
    for (let task = 2; task <= 10; task++) {
      const permutation = [...(view.permutation(task) ?? [])];
      expect([...permutation].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, pixel) => pixel));
      expect(permutation).toEqual([...(permutedMnist.view({ seed: 3 }, shape).permutation(task) ?? [])]);
      expect(permutation).not.toEqual([...(permutedMnist.view({ seed: 4 }, shape).permutation(task) ?? [])]);
    }
    expect(view.permutation(2)).not.toEqual(view.permutation(3));
  });

  it('show images as their task shows them, in the range of their scenario', async () => {
    await startTestBackend('cpu');
    const set: ImageSet = {
      count: 2,
      labels: Uint8Array.of(1, 7),
      pixels: Uint8Array.of(0, 51, 255, 102, 10, 20, 30, 40),
    };
    const view: ImageView = { range: [-1, 1], permutation: (task) => (task === 1 ? null : Int32Array.of(2, 0, 3, 1)) };
    const { images, labels: shown } = imageSource(set, view).tensors(Int32Array.of(0, 0), Int32Array.of(1, 2));
    expect(Array.from(await images.data(), (value) => Math.round(value * 1e6) / 1e6)).toEqual([
      -1, -0.6, 1, -0.2, 1, -1, -0.2, -0.6,
    ]);
    expect([...(await shown.data())]).toEqual([1, 1]);
    expect([...imageBytes(set, view, 1, 2)]).toEqual([30, 10, 40, 20]);
  });
});
