import { z } from 'zod';
import { backendNames, experimentConfigSchema, methodNames, retrievalNames } from '../engine/config.ts';

const manySteps = 1_000_000;
const manyImages = 10_000_000;

const count = z.int().min(0).max(manyImages);
const step = z.int().min(0).max(manySteps);
const task = z.int().min(1).max(1_000);
const lane = z.int().min(0).max(3);
const fraction = z.number().min(0).max(1);
const text = z.string().max(10_000);

const backend = z.strictObject({
  name: z.enum(backendNames),
  device: text,
  hardware: z.boolean(),
  passedOver: z.array(z.strictObject({ name: z.enum(backendNames), reason: text })).max(20),
});

const taskReport = z.strictObject({
  number: task,
  classes: z.array(z.int().min(0).max(10_000)).min(1).max(1_000),
  steps: step,
  trainingImages: count,
  testImages: count,
});

const nats = z.number().min(-1e9).max(1e39);
/** Parts of a −ELBO at β = 1, in nats per image. */
const negativeElbo = z.strictObject({ total: nats, reconstruction: nats, kl: nats });

const evaluation = z.strictObject({
  lane,
  method: z.enum(methodNames),
  retrieval: z.enum(retrievalNames).nullable(),
  seed: experimentConfigSchema.shape.seed,
  step,
  task,
  set: z.enum(['subset', 'complete']),
  testImages: count,
  taskEnd: z.boolean(),
  accuracyByTask: z.array(fraction.nullable()).max(1_000),
  averageAccuracy: fraction,
  averageForgetting: z.number().min(-1).max(1).nullable(),
  /** Null for methods without a VAE; tasks not seen yet are null. */
  elboByTask: z.array(negativeElbo.nullable()).max(1_000).nullable(),
  elbo: negativeElbo.nullable(),
});

const counts = z.strictObject({
  replayedByClass: z.array(count).max(10_000),
  replayedByTask: z.array(count).max(1_000),
  storedByClass: z.array(count).max(10_000),
  storedByTask: z.array(count).max(1_000),
});

const laneState = z.strictObject({
  method: z.enum(methodNames),
  retrieval: z.enum(retrievalNames).nullable(),
  /** One per step; null where the loss was not finite. */
  losses: z.array(nats.nullable()).max(manySteps),
  counts: counts.nullable(),
  /** Latents that were not finite and were replaced by draws from the prior. */
  replacedLatents: z.int().min(0),
  stopped: text.nullable(),
});

export const runFileFormat = 'mir-lab-run';
/** Version 1 knew no generative and no hybrid replay: see upgradedRunFile.ts. */
export const runFileVersion = 2;

/** A run as a JSON file. Lanes count from 0; accuracies are fractions; losses are in nats. */
export const runFileSchema = z.strictObject({
  format: z.literal(runFileFormat),
  formatVersion: z.literal(runFileVersion),
  engineVersion: text,
  config: experimentConfigSchema,
  backend: backend.nullable(),
  tasks: z.array(taskReport).max(1_000),
  totalSteps: step,
  step,
  task,
  /** Interval in steps and size of the test subset in images, as chosen for the backend. */
  evaluation: z.strictObject({ interval: z.int().min(1).max(manySteps), size: count }).nullable(),
  /** Height, width, channels. */
  imageShape: z.tuple([z.int().min(1).max(1_000), z.int().min(1).max(1_000), z.int().min(1).max(10)]),
  classNames: z.array(text).max(10_000),
  lanes: z.array(laneState).min(1).max(4),
  /** Lane by lane, in order of steps. */
  evaluations: z.array(evaluation).max(manySteps),
  /** `step` is the last step that still used the earlier retrieval. */
  retrievalChanges: z.array(z.strictObject({ lane, step, retrieval: z.enum(retrievalNames) })).max(manySteps),
});
export type RunFile = z.infer<typeof runFileSchema>;
