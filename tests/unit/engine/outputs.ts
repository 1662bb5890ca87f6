import * as tf from '@tensorflow/tfjs';
import type { ImageSource } from '../../../src/engine/data/imageSource.ts';
import type { Method } from '../../../src/engine/methods/learner.ts';
import { type ImageRows, mapTree, type Output } from '../../../src/engine/runner/step.ts';

/** The numbers of an output. */
export async function read(output: Output): Promise<number[]> {
  return Array.from(await output.read());
}

/** Gives up every output in a tree, such as an observation, that was not read. */
export function dropAll(tree: unknown): void {
  mapTree(tree, (node) => {
    if (!('drop' in node)) return undefined;
    (node as Output).drop();
    return node;
  });
}

/** Images under a label that is not theirs. */
function labelled(source: ImageSource, label: number): ImageSource {
  return {
    ...source,
    labelOf: () => label,
    tensors(samples, tasks) {
      const { images } = source.tensors(samples, tasks);
      return { images, labels: tf.fill([samples.length], label, 'int32') };
    },
  };
}

/** Cross-entropy of each image against each class, in nats, image by image: what an evaluation tells of its logits. */
export async function classLosses(
  learner: Pick<Method, 'evaluate'>,
  { source, samples, tasks }: Omit<ImageRows, 'kind'>,
  classes: number,
): Promise<number[]> {
  const losses = Array.from(samples).flatMap((sample, row) =>
    Array.from({ length: classes }, (_, label) => {
      const { loss, answers, elbo } = learner.evaluate({
        kind: 'images',
        source: labelled(source, label),
        samples: Int32Array.of(sample),
        tasks: Int32Array.of(tasks[row]),
      });
      dropAll([answers, elbo]);
      return read(loss);
    }),
  );
  return (await Promise.all(losses)).flat();
}
