import { presetConfig, type RunConfig } from '../../core/config.ts';
import type { MethodName } from '../../core/methods.ts';
import { paperRows } from '../../core/paperTable.ts';
import type { Dataset } from '../../core/dataset.ts';
import type { ContestantName, SubjectName } from '../../core/timing.ts';
import type { Entrant } from './contest.ts';
import {
  aeStep,
  aeUpdate,
  type BenchmarkInput,
  benchmarkInput,
  type Doer,
  erStep,
  genStep,
  lastTaskStep,
  vaeUpdates,
} from './contests.ts';
import { type Clock, type MakePeer, type Prepared, startStopwatch } from './stopwatch.ts';

/** Something to time. */
export interface Subject {
  /** The paper's settings. */
  readonly config: RunConfig;
  readonly prepare: (input: BenchmarkInput, doer: Doer) => Prepared | Promise<Prepared>;
}

/** A row of Table 1 on Split MNIST. */
function generative(method: 'gen' | 'gen-mir'): RunConfig {
  const row = paperRows.find(
    ({ table, config, variant }) =>
      table === 1 && config.scenario === 'split-mnist' && config.method === method && variant === '',
  );
  if (row === undefined) throw new Error(`Table 1 has no row of ${method}.`);
  return row.config;
}

/** The autoencoder learns in one pass here: how often it passes over a task does not change its step. */
const hybrid = (method: 'ae-er' | 'ae-mir') => presetConfig('split-cifar10', method, { aeEpochs: 1 });

/** A perceptron's step on Split MNIST. */
const perceptron = (method: Extract<SubjectName, MethodName>): Subject => ({
  config: presetConfig('split-mnist', method),
  prepare: (input, doer) => erStep(input, doer, 10),
});
const lastTask = (method: 'gem' | 'a-gem' | 'icarl' | 'ewc' | 'lwf'): Subject => ({
  config: presetConfig('split-mnist', method),
  prepare: (input, doer) => lastTaskStep(input, doer, 10),
});
/** Their memories hold fewer latents than the paper's C: which of how many are replayed costs next to nothing beside replaying them. */
const hybridFilling = 10;

/** Everything that can be timed, at the paper's settings. */
export const subjects: Readonly<Record<SubjectName, Subject>> = {
  'fine-tune': perceptron('fine-tune'),
  er: perceptron('er'),
  'er-mir': perceptron('er-mir'),
  der: perceptron('der'),
  'der-pp': perceptron('der-pp'),
  'der-pp-mir': perceptron('der-pp-mir'),
  'er-ace': perceptron('er-ace'),
  'er-ace-mir': perceptron('er-ace-mir'),
  gem: lastTask('gem'),
  'a-gem': lastTask('a-gem'),
  icarl: lastTask('icarl'),
  ewc: lastTask('ewc'),
  lwf: lastTask('lwf'),
  'vae-update': { config: generative('gen-mir'), prepare: vaeUpdates },
  gen: { config: generative('gen'), prepare: genStep },
  'gen-mir': { config: generative('gen-mir'), prepare: genStep },
  'er-mir-resnet': {
    config: presetConfig('split-cifar10', 'er-mir'),
    prepare: (input, doer) => erStep(input, doer, 5),
  },
  'ae-update': { config: hybrid('ae-er'), prepare: (input, doer) => aeUpdate(input, doer, hybridFilling) },
  'ae-er': { config: hybrid('ae-er'), prepare: (input, doer) => aeStep(input, doer, hybridFilling) },
  'ae-mir': { config: hybrid('ae-mir'), prepare: (input, doer) => aeStep(input, doer, hybridFilling) },
};

/** Prepares a contestant of a subject in this process, on the current backend. */
export async function startEntrant(
  subject: SubjectName,
  name: ContestantName,
  dataset: Dataset,
  now: Clock,
  makePeer: MakePeer | null = null,
): Promise<Entrant> {
  const { config, prepare } = subjects[subject];
  return startStopwatch(name, () => prepare(benchmarkInput(dataset, config), { name, makePeer }), now);
}
