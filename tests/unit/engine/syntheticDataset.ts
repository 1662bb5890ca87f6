import type { WholeDataset, WholeSet } from '../../../src/core/dataset.ts';
import { below, randomStream } from '../../../src/core/random.ts';

/**
 * Ten classes of noisy 6 × 6 images that a small network can tell apart: each class lights its own three
 * pixels over noise.
 */
export function syntheticDataset(trainPerClass: number, testPerClass: number): WholeDataset {
  const random = randomStream(7, 'data');
  const side = 6;
  const imageSet = (perClass: number): WholeSet => {
    const count = perClass * 10;
    const labels = Uint8Array.from({ length: count }, (_, index) => index % 10);
    const pixels = Uint8Array.from({ length: count * side * side }, () => below(90, random));
    labels.forEach((label, index) => {
      for (const offset of [0, 10, 20]) pixels[index * side * side + label + offset] = 255;
    });
    return { count, labels, pixels };
  };
  return {
    name: 'synthetic',
    imageShape: [side, side, 1],
    classNames: Array.from({ length: 10 }, (_, digit) => String(digit)),
    train: imageSet(trainPerClass),
    test: imageSet(testPerClass),
  };
}
