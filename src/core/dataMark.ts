import { z } from 'zod';
import { type Dataset, grouped } from './dataset.ts';

const count = z.int().min(0);

/** See {@link DataMark}. */
export const dataMarkSchema = z.strictObject({
  name: z.string(),
  trainingImages: count,
  testImages: count,
  /** 32 bits of all labels, signed. */
  labels: z.int(),
});

/** The data that a run learns from: enough to tell it from other data. */
export type DataMark = Readonly<z.infer<typeof dataMarkSchema>>;

/** Marks of data that was asked for before: its labels are many. */
const marks = new WeakMap<Dataset, DataMark>();

/** The mark of a dataset; the hash is FNV-1a over the labels of both halves. */
export function dataMarkOf(dataset: Dataset): DataMark {
  const { name, train, test } = dataset;
  const known = marks.get(dataset);
  if (known !== undefined) return known;
  let hash = 0x811c9dc5;
  for (const labels of [train.labels, test.labels])
    for (let index = 0; index < labels.length; index++) hash = Math.imul(hash ^ labels[index], 0x01000193);
  const mark = { name, trainingImages: train.count, testImages: test.count, labels: hash };
  marks.set(dataset, mark);
  return mark;
}

/** "mnist, 60,000 training and 10,000 test images, labels 1a2b3c4d". */
export function dataWords({ name, trainingImages, testImages, labels }: DataMark): string {
  const bits = (labels >>> 0).toString(16).padStart(8, '0');
  return `${name}, ${grouped(trainingImages)} training and ${grouped(testImages)} test images, labels ${bits}`;
}
