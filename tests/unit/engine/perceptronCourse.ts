import { defaultSettings, type Retrieval, type RunConfig } from '../../../src/core/config.ts';
import { initialRetrieval, methods } from '../../../src/core/methods.ts';
import type { Dataset } from '../../../src/core/dataset.ts';
import { scenarios } from '../../../src/core/scenarios.ts';
import { type Batch, iidStream, sequentialStream } from '../../../src/core/stream.ts';
import { imageSource } from '../../../src/engine/data/imageSource.ts';
import type { LearnerInput } from '../../../src/engine/methods/learner.ts';
import { mlp } from '../../../src/engine/models/networks.ts';
import { syntheticDataset } from './syntheticDataset.ts';

export const smallDataset = syntheticDataset(60, 10);

/** A short run of ER-MIR with a small perceptron. */
export function courseConfig(change: Partial<RunConfig>): RunConfig {
  const settings = { samplesPerTask: 100, hidden: 16, memoryPerClass: 4, candidates: 12, budget: 4, seed: 5 };
  return { ...defaultSettings, ...settings, method: 'er-mir', ...change };
}

/** A run to watch: what is retrieved at each step, and whether it is traced; by default the method's own, always. */
export interface Course {
  readonly config: RunConfig;
  readonly retrievalOf?: (step: number) => Retrieval | null;
  readonly isTraced?: (step: number) => boolean;
  readonly steps?: number;
}

/** What a learner of it is made of. */
export function perceptronInput(
  config: RunConfig,
  dataset: Dataset = smallDataset,
): LearnerInput & Required<Pick<LearnerInput, 'training'>> {
  const scenario = scenarios[config.scenario];
  const view = scenario.view(config, dataset);
  const tasks = scenario.tasks({ train: dataset.train.labels, test: dataset.test.labels }, config);
  const [height, width, channels] = dataset.imageShape;
  return {
    config,
    classifier: mlp([height * width * channels, config.hidden, config.hidden, 10]),
    images: imageSource(dataset.train, view),
    training: { set: dataset.train, view, tasks },
    imageShape: dataset.imageShape,
    classCount: 10,
    taskCount: tasks.length,
  };
}

/** The first batches of its stream. */
export function courseBatches(
  { config, training: { tasks, set } }: ReturnType<typeof perceptronInput>,
  count: number,
): Batch[] {
  const { stream: order } = methods[config.method];
  const stream =
    order.kind === 'iid'
      ? iidStream(tasks, set.labels, config.seed, order.passes)
      : sequentialStream(tasks, set.labels);
  return stream.flatMap(({ batches }) => batches).slice(0, count);
}

/** The method's own retrieval at every step. */
export function ownRetrieval({ method }: RunConfig): () => Retrieval | null {
  return () => initialRetrieval(method);
}
