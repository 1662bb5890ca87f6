import { randomStream, shuffled } from './random.ts';

/** The test images of one task in a fixed order; the subset is the first of them. */
export interface TaskTest {
  readonly samples: Int32Array;
  readonly subset: number;
}

/**
 * Orders each task's test images once and for all seeds alike, and marks how many of them the evaluation
 * while training uses: `size` images in all, in equal shares.
 */
export function testSets(imagesOfTasks: readonly Int32Array[], size: number): TaskTest[] {
  const random = randomStream(0, 'evaluation');
  const share = Math.max(1, Math.floor(size / imagesOfTasks.length));
  return imagesOfTasks.map((images) => ({
    samples: shuffled(images, random),
    subset: Math.min(share, images.length),
  }));
}
