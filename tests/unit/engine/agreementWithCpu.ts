import * as tf from '@tensorflow/tfjs';
import { expect } from 'vitest';
import type { RunConfig } from '../../../src/core/config.ts';
import type { Dataset } from '../../../src/core/dataset.ts';
import { scenarios } from '../../../src/core/scenarios.ts';
import { sequentialStream } from '../../../src/core/stream.ts';
import { imageSource } from '../../../src/engine/data/imageSource.ts';
import { type LearnerInput, learnerOf, type Method } from '../../../src/engine/methods/learner.ts';
import { mlp } from '../../../src/engine/models/networks.ts';
import { withDrawer } from '../../../src/engine/runner/step.ts';
import { counterDrawer } from './counterDraws.ts';
import { classLosses, dropAll, read } from './outputs.ts';
import { relativeError } from './referenceFile.ts';
import { startTestBackend } from './startTestBackend.ts';

function inputOf(config: RunConfig, dataset: Dataset): LearnerInput {
  const [height, width, channels] = dataset.imageShape;
  const images = imageSource(dataset.train, scenarios[config.scenario].view(config, dataset));
  return {
    config,
    classifier: mlp([height * width * channels, 12, 10]),
    images,
    imageShape: dataset.imageShape,
    classCount: 10,
    taskCount: 5,
  };
}

/** Losses of two tasks, step after step, and what the learner then makes of images. */
async function trained(
  create: (input: LearnerInput) => Method,
  config: RunConfig,
  dataset: Dataset,
): Promise<{ numbers: number[]; bytes: number[] }> {
  const input = inputOf(config, dataset);
  const learner = learnerOf(create(input), config.iterations);
  const tasks = scenarios[config.scenario].tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  const steps = sequentialStream(tasks, dataset.train.labels).filter(({ task }) => task <= 2);
  const found: number[] = [];
  for (const [index, { task, batches }] of steps.entries()) {
    if (index === 0 || steps[index - 1].task !== task) {
      const all = steps.filter((step) => step.task === task).flatMap((step) => step.batches);
      for (const preparation of learner.startTask?.(all) ?? []) dropAll(preparation);
    }
    const observed = learner.observe(batches[0], 'mir', false);
    found.push(...(await read(observed.losses)));
    dropAll(observed);
    if (index + 1 === steps.length || steps[index + 1].task !== task) await learner.finishTask?.();
  }
  const seen = { source: input.images, samples: Int32Array.of(0, 1, 2), tasks: new Int32Array(3).fill(1) };
  found.push(...(await classLosses(learner, seen, 10)));
  const made = learner.reconstruct?.({ kind: 'images', ...seen });
  const [originals, reconstructions] = made ? await Promise.all(Object.values(made).map(read)) : [[], []];
  learner.dispose();
  input.images.dispose();
  return { numbers: found, bytes: [...originals, ...reconstructions] };
}

/** Trains a method in plain JavaScript and on WebGPU, and asks for the same numbers and pictures, to 1e-3. */
export async function expectAgreementWithCpu(
  create: (input: LearnerInput) => Method,
  config: RunConfig,
  dataset: Dataset,
): Promise<void> {
  await startTestBackend('cpu');
  const expected = await trained((input) => withDrawer(counterDrawer, () => create(input)), config, dataset);
  await tf.setBackend('webgpu');
  const before = tf.memory().numTensors;
  const found = await trained(create, config, dataset);
  expect(tf.memory().numTensors).toBe(before);
  expect(found.numbers).toHaveLength(expected.numbers.length);
  expect(expected.numbers.length).toBeGreaterThan(100);
  expect(relativeError(found.numbers, expected.numbers)).toBeLessThan(1e-3);
  expect(found.bytes).toHaveLength(expected.bytes.length);
  // An error that is small before rounding moves a byte by one.
  found.bytes.forEach((byte, index) => expect(Math.abs(byte - expected.bytes[index])).toBeLessThanOrEqual(1));
}
