import { presetConfig, type RunConfig } from '../../core/config.ts';
import { type MethodName, methods } from '../../core/methods.ts';
import { paperRows } from '../../core/paperTable.ts';
import type { Dataset } from '../../core/dataset.ts';
import { type ContestantName, type SubjectName, subjectNames } from '../../core/timing.ts';
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
function generative(method: MethodName): RunConfig {
  const row = paperRows.find(
    ({ table, config, variant }) =>
      table === 1 && config.scenario === 'split-mnist' && config.method === method && variant === '',
  );
  if (row === undefined) throw new Error(`Table 1 has no row of ${method}.`);
  return row.config;
}

/**
 * The autoencoder learns in two passes here: how often it passes over a task does not change its update, and the last
 * pass, in which the memory takes the task up, must not be what is timed.
 */
const hybrid = (method: MethodName) => presetConfig('split-cifar10', method, { aeEpochs: 2 });

/** Their memories hold fewer latents than the paper's C: which of how many are replayed costs next to nothing beside replaying them. */
const hybridFilling = 10;

/** A method's step: on Split MNIST, or where it is at home. */
function stepOf(method: MethodName): Subject {
  const config = presetConfig('split-mnist', method);
  const { family } = methods[method];
  switch (family) {
    case 'plain':
    case 'bound':
    case 'replay':
      return { config, prepare: (input, doer) => erStep(input, doer, 10) };
    case 'constrained':
    case 'anchored':
    case 'exemplars':
      return { config, prepare: (input, doer) => lastTaskStep(input, doer, 10) };
    case 'generative':
      return { config: generative(method), prepare: genStep };
    case 'hybrid':
      return { config: hybrid(method), prepare: (input, doer) => aeStep(input, doer, hybridFilling) };
    default:
      return family satisfies never;
  }
}

/** Memories enough that none of the first task is replaced while steps are timed, for else C of them could not be drawn. */
const lastingMemory = { memoryPerClass: 5_000 };

function subjectOf(name: SubjectName): Subject {
  switch (name) {
    case 'vae-update':
      return { config: generative('gen-mir'), prepare: vaeUpdates };
    case 'er-mir-resnet':
      return {
        config: presetConfig('split-cifar10', 'er-mir', lastingMemory),
        prepare: (input, doer) => erStep(input, doer, 5),
      };
    case 'ae-update':
      return { config: hybrid('ae-er'), prepare: (input, doer) => aeUpdate(input, doer, hybridFilling) };
    default:
      return stepOf(name);
  }
}

/** Everything that can be timed, at the paper's settings. */
export const subjects = Object.fromEntries(subjectNames.map((name) => [name, subjectOf(name)])) as Readonly<
  Record<SubjectName, Subject>
>;

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
