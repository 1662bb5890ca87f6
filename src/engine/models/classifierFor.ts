import type { Settings } from '../config.ts';
import { type Dataset, imageSize } from '../data/dataset.ts';
import type { Classifier } from './classifier.ts';
import { mlp } from './mlp.ts';
import { resnet18 } from './resnet18.ts';

/** The network that the paper trains in a scenario (section 4.1), in the size that the settings ask for. */
export function classifierFor(
  { scenario, hidden, filters }: Pick<Settings, 'scenario' | 'hidden' | 'filters'>,
  dataset: Pick<Dataset, 'imageShape' | 'classNames'>,
): Classifier {
  const classes = dataset.classNames.length;
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return mlp([imageSize(dataset), hidden, hidden, classes]);
    case 'split-cifar10':
    case 'split-miniimagenet':
      return resnet18({ imageShape: dataset.imageShape, classes, filters });
    default:
      return scenario satisfies never;
  }
}

/** Numbers that the network's widest layer gives for one image: what a forward pass holds grows with it. */
export function widestLayer(
  { scenario, hidden, filters }: Pick<Settings, 'scenario' | 'hidden' | 'filters'>,
  dataset: Pick<Dataset, 'imageShape'>,
): number {
  const [height, width] = dataset.imageShape;
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return Math.max(imageSize(dataset), hidden);
    case 'split-cifar10':
    case 'split-miniimagenet':
      return height * width * filters;
    default:
      return scenario satisfies never;
  }
}
