import { z } from 'zod';

/** Bytes of images one after another, of which not all need to be in memory. A `Uint8Array` has them all. */
export interface ImageBytes {
  /** Of all images. */
  readonly length: number;
  /**
   * The bytes of one image: from its first to the first of the next.
   *
   * @throws Error if that image is not in memory
   */
  subarray(from: number, to: number): Uint8Array;
}

/** Images of one half of a dataset, as bytes. */
export interface ImageSet {
  readonly count: number;
  /** One class index per image; length `count`. */
  readonly labels: Uint8Array;
  /** `count` images one after another, each row-major [height, width, channel], 0 … 255. */
  readonly pixels: ImageBytes;
}

/** Images that are all in memory. */
export interface WholeSet extends ImageSet {
  readonly pixels: Uint8Array;
}

/** A labelled image dataset. The test half is only ever evaluated on. */
export interface Dataset {
  readonly name: string;
  /** Height, width, channels. */
  readonly imageShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** A dataset that is all in memory. */
export interface WholeDataset extends Dataset {
  readonly train: WholeSet;
  readonly test: WholeSet;
}

/** Numbers in one image. */
export function imageSize(dataset: Pick<Dataset, 'imageShape'>): number {
  const [height, width, channels] = dataset.imageShape;
  return height * width * channels;
}

/** How bytes become the numbers that a network sees. */
export interface ImageView {
  /** What 0 and 255 become. */
  readonly range: readonly [number, number];
  /**
   * Where each number of an image comes from, for tasks that permute the pixels: output i is input
   * `permutation[i]`. Null for tasks that leave them in place.
   */
  readonly permutation: (task: number) => Int32Array | null;
  /** How many tasks permute the pixels, counted from the first; 0 if left out. */
  readonly permutedTasks?: number;
}

/** One kind of thing that is wrong with somebody's data. */
export interface DataProblem {
  /** How many images, rows, records or classes it concerns. */
  readonly count: number;
  /** A sentence that says what was found, with the first few names, and what was expected. */
  readonly text: string;
}

/**
 * The result of opening somebody's own data. A partial dataset holds only what is whole, and is used only if the person
 * agrees. Data of which nothing can be used is refused with a DataError instead.
 */
export type OpenedDataset =
  | { readonly kind: 'whole'; readonly dataset: WholeDataset }
  | { readonly kind: 'partial'; readonly dataset: WholeDataset; readonly problems: readonly DataProblem[] };

/** Whole if there are no problems. */
export function openedDataset(dataset: WholeDataset, problems: readonly DataProblem[]): OpenedDataset {
  if (problems.length === 0) return { kind: 'whole', dataset };
  return { kind: 'partial', dataset, problems: problems.map(({ count, text }) => ({ count, text: legible(text) })) };
}

/** A sentence with foreign names in it as it can be shown: no control characters, no names of a thousand letters. */
function legible(text: string): string {
  return text
    .replace(/\p{Cc}/gu, '\uFFFD')
    .replace(/\S{200,}/gu, (word) => `${word.slice(0, 120)}…${word.slice(-60)}`)
    .replace(/^(.{600}).{40,}(.{200})$/su, '$1…$2');
}

/** A data file in an error: its name, and what a person can do if it is bad (a sentence). */
export interface FileReference {
  readonly name: string;
  readonly remedy: string;
}

/** What is wrong with a file, where it is one of the common faults: for a page that speaks another language. */
export type DataFault =
  /** Bytes. */
  | { readonly kind: 'size'; readonly found: number; readonly needed: number }
  /** `damaged`: or cut off. `download`: it did not come. `site`: damaged there. `parts`: one of a zip's. `nested`: zips. */
  | { readonly kind: 'damaged' | 'unreadable' | 'download' | 'site' }
  | { readonly kind: 'empty' | 'encrypted' | 'parts' | 'nested' | 'absent' }
  /** Of another kind, or form; `found`: an ending of files, or a way of packing. */
  | { readonly kind: 'notRead'; readonly as: OtherForm; readonly found?: string; readonly wants: WantedData }
  /** Too few images of a class. */
  | { readonly kind: 'few'; readonly found: number; readonly needed: number; readonly of: string }
  | { readonly kind: Misfit; readonly found: number | string; readonly needed: number | string };

/**
 * Where what was found and what is needed say all. `large`: bytes; `memory`: images, and bytes that there is no room for;
 * `unequal`: labels and images; `noLabels`: images; `files`: with images, and with labels; `halves`: images, and the file
 * with as many; `label`: the highest; `names`: of classes; `lacks`: files; `entries`: files in a zip.
 */
type Misfit =
  | 'large'
  | 'memory'
  | 'unequal'
  | 'noLabels'
  | 'files'
  | 'halves'
  | 'label'
  | 'names'
  | 'lacks'
  | 'entries'
  | 'mixed'
  | 'classes'
  | 'pixels'
  | 'header';

export function misfit(kind: Misfit, found: number | string, needed: number | string): DataFault {
  return { kind, found, needed };
}

/** What a file is that is of no kind, or in no form, that is read. */
export type OtherForm =
  | 'webPage'
  | 'pointer'
  | 'packed'
  | 'tar'
  | 'format'
  | 'pixelTable'
  | 'pictures'
  | 'picture'
  | 'nothing'
  | 'dataset'
  | 'unknown';

/** The data that is to be chosen in its place. */
export type WantedData = 'MNIST' | 'CIFAR-10' | 'MiniImagenet' | 'any';

/**
 * A data file is missing, short, corrupted or of the wrong kind. The message names the file, says what
 * was found and what was expected, and ends with what to do.
 */
export class DataError extends Error {
  readonly file: string;
  /** Null where only the command line reports it. */
  readonly fault: DataFault | null;

  /**
   * @param problem continues the file's name, without a full stop: "has 12 bytes; 60,008 are needed"
   */
  constructor(file: FileReference, problem: string, fault: DataFault | null) {
    super(legible(`${file.name} ${problem}. ${file.remedy}`));
    this.name = 'DataError';
    this.file = legible(file.name);
    this.fault = fault;
  }
}

/** A count as a person reads it: 47040016 → "47,040,016". */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** The first bytes of a file, for an error: "25 50 44 46". */
export function firstBytes(bytes: Uint8Array, count = 4): string {
  return Array.from(bytes.subarray(0, count), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}

const shown = 3;

/** The first names of a list and the number of others: "a.jpg, b.jpg, c.jpg and 12 more". */
export function firstFew(names: readonly string[]): string {
  const more = names.length - shown;
  return names.slice(0, shown).join(', ') + (more > 0 ? ` and ${more.toLocaleString('en-US')} more` : '');
}

/** The number of labels of each class; entry k is for class k. */
export function classCounts(labels: Uint8Array, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] += 1;
  return counts;
}

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

/** The name of a dataset, whoever's files it came from: "MNIST". */
export function datasetName({ name }: Pick<DataMark, 'name'>): string {
  return name.replace(/ from your (files|archive)$/, '');
}

/** Whether data is what the paper's figures were measured on, and not a likeness of it. */
export function isPaperData(data: Pick<DataMark, 'name'>): boolean {
  return ['MNIST', 'CIFAR-10', 'MiniImagenet'].includes(datasetName(data));
}

/** "MNIST, 60,000 training and 10,000 test images, labels 1a2b3c4d". */
export function dataWords({ name, trainingImages, testImages, labels }: DataMark): string {
  const bits = (labels >>> 0).toString(16).padStart(8, '0');
  return `${datasetName({ name })}, ${grouped(trainingImages)} training and ${grouped(testImages)} test images, labels ${bits}`;
}

/**
 * The images that are there, in order, moved together in the same memory.
 *
 * @param labels of all places
 * @param pixels of all places; changed
 * @param filled 1 for each place that holds an image, 0 for the others
 * @param imageSize numbers in an image
 */
export function compactImages(labels: Uint8Array, pixels: Uint8Array, filled: Uint8Array, imageSize: number): WholeSet {
  let count = 0;
  filled.forEach((whole, place) => {
    if (whole === 0) return;
    if (count < place) {
      labels[count] = labels[place];
      pixels.copyWithin(count * imageSize, place * imageSize, (place + 1) * imageSize);
    }
    count += 1;
  });
  return { count, labels: labels.subarray(0, count), pixels: pixels.subarray(0, count * imageSize) };
}
