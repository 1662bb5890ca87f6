import type { WholeDataset, WholeSet } from '../../../src/core/dataset.ts';
import { below, randomStream } from '../../../src/core/random.ts';

/** Red, green and blue of each class. */
const colours = Array.from({ length: 10 }, (_, label) => [
  label % 2 === 0 ? 220 : 40,
  25 * label,
  label % 3 === 0 ? 230 : 30,
]);

/**
 * Ten classes of noisy colour pictures, as CIFAR-10's are laid out: each class has its own colour, over a gradient
 * whose direction varies from picture to picture.
 */
export function syntheticPictures(side: number, trainPerClass: number, testPerClass: number): WholeDataset {
  const random = randomStream(11, 'data');
  const pixel = (label: number, channel: number, shade: number) =>
    Math.min(255, Math.max(0, Math.round(0.7 * colours[label][channel] + 60 * shade + below(20, random))));
  const picture = (label: number) => {
    const [across, down] = [below(3, random) - 1, below(3, random) - 1];
    return Array.from({ length: side * side * 3 }, (_, index) => {
      const [row, column] = [Math.floor(index / (3 * side)), Math.floor(index / 3) % side];
      return pixel(label, index % 3, (across * column + down * row) / side);
    });
  };
  const imageSet = (perClass: number): WholeSet => {
    const labels = Uint8Array.from({ length: perClass * 10 }, (_, index) => index % 10);
    return { count: labels.length, labels, pixels: Uint8Array.from(Array.from(labels).flatMap(picture)) };
  };
  return {
    name: 'synthetic pictures',
    imageShape: [side, side, 3],
    classNames: Array.from({ length: 10 }, (_, label) => `colour ${label}`),
    train: imageSet(trainPerClass),
    test: imageSet(testPerClass),
  };
}
