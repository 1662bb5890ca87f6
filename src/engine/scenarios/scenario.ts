import type { ScenarioName, Settings } from '../config.ts';
import type { Dataset } from '../data/dataset.ts';
import type { ImageView } from '../data/imageSource.ts';
import type { Task } from '../data/stream.ts';

/** The datasets that scenarios are made of. */
export type DatasetName = 'mnist' | 'cifar10' | 'miniimagenet';

/** Labels of both halves of a dataset: all that it takes to split it into tasks. */
export interface Labels {
  readonly train: Uint8Array;
  readonly test: Uint8Array;
}

/** A dataset and how it is split into tasks; free of TensorFlow.js. */
export interface Scenario {
  readonly name: ScenarioName;
  readonly dataset: DatasetName;
  /** Height, width, channels of an image, and the number of classes, as the dataset has them. */
  readonly imageShape: Dataset['imageShape'];
  readonly classCount: number;
  /** How many tasks there are. */
  readonly taskCount: number;
  /** The tasks' images, by seed. */
  tasks(labels: Labels, settings: Pick<Settings, 'seed' | 'samplesPerTask'>): Task[];
  /** How the network sees the images. */
  view(settings: Pick<Settings, 'seed'>, dataset: Pick<Dataset, 'imageShape'>): ImageView;
}

/** Tasks that leave the pixels where they are. */
export const unpermuted: ImageView['permutation'] = () => null;
