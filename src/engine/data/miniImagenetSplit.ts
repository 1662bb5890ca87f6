import { randomStream, shuffled } from '../random.ts';

/** What a MiniImagenet consists of. */
export interface MiniImagenetShape {
  readonly classes: number;
  /** Training images per class. */
  readonly train: number;
  /** Test images per class. */
  readonly test: number;
}

/** The set of the paper: the usual 64 + 16 + 20 classes merged, 600 images of each (section 4.1). */
export const miniImagenetShape: MiniImagenetShape = { classes: 100, train: 480, test: 120 };

/**
 * Parts the images of one class into training and test images. The split depends on nothing but the class's
 * number and its rows in the tables, so that an image is in the same half whatever else is missing: the rows
 * are shuffled by a generator of the class's own; the first 480 are for training, the next 120 for testing,
 * rows beyond are not used. With fewer rows both halves shrink alike, and each keeps one if it can.
 *
 * @returns positions among the rows, rising
 */
export function splitClass(
  classNumber: number,
  rows: number,
  { train, test }: MiniImagenetShape,
): { readonly train: Int32Array; readonly test: Int32Array } {
  const order = shuffled(Int32Array.from({ length: rows }, (_, row) => row), randomStream(classNumber, 'data'));
  const used = Math.min(rows, train + test);
  const tests = Math.max(Math.round((used * test) / (train + test)), Math.min(1, used - 1), 0);
  return { train: order.slice(0, used - tests).sort(), test: order.slice(used - tests, used).sort() };
}
