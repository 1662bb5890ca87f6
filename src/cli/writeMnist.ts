import { DataError } from '../engine/data/dataError.ts';
import { mnistClassNames } from '../engine/data/mnist.ts';
import { mnistChunks, planChunks } from './chunkPlan.ts';
import { currentManifest } from './currentManifest.ts';
import { readHalf, readLabels, type SourceDirectory } from './mnistSource.ts';
import { writeDataset, type Prepared } from './writeDataset.ts';

/**
 * Turns MNIST's four IDX files into the compact files that the page fetches, unless they are there already.
 *
 * @param directory where the files go; everything else in it is removed
 * @param force whether to write even if all files are there
 * @throws DataError if the source is missing or bad, or a file cannot be written
 */
export async function writeMnist(source: SourceDirectory, directory: string, force = false): Promise<Prepared> {
  const labels = { train: await readLabels(source, 'train'), test: await readLabels(source, 'test') };
  const plan = planChunks(source.name, labels, mnistChunks);
  const current = force ? null : await currentManifest(directory);
  if (current?.recipe === plan.recipe) return { kind: 'upToDate', manifest: current };

  const train = await readHalf(source, 'train');
  const test = await readHalf(source, 'test');
  if (train.height !== test.height || train.width !== test.width) {
    const sizes = `${test.height} × ${test.width}; the training images have ${train.height} × ${train.width}`;
    throw new DataError({ name: source.name, remedy: 'Install it again with npm ci.' }, `has test images of ${sizes}`);
  }
  const dataset = {
    name: 'MNIST',
    imageShape: [train.height, train.width, 1] as const,
    classNames: mnistClassNames,
    train: train.set,
    test: test.set,
  };
  return { kind: 'written', manifest: await writeDataset(dataset, source.name, plan, directory) };
}
