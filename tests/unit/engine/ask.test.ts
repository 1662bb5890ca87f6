import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type RunConfig, scenarioSettings } from '../../../src/core/config.ts';
import type { Dataset } from '../../../src/core/dataset.ts';
import type { BackendReport, ExperimentEvent } from '../../../src/core/events.ts';
import type { MethodName } from '../../../src/core/methods.ts';
import { randomStream } from '../../../src/core/random.ts';
import type { Ask } from '../../../src/engine/evaluation.ts';
import { runExperiment } from '../../../src/engine/experiment.ts';
import { mlp } from '../../../src/engine/models/networks.ts';
import { plainAnswer } from './plainMlp.ts';
import { startTestBackend } from './startTestBackend.ts';
import { syntheticDataset } from './syntheticDataset.ts';
import { syntheticPictures } from './syntheticPictures.ts';

const digits = syntheticDataset(60, 20);
const pictures = syntheticPictures(32, 20, 2);

function digitLane(method: MethodName, change: Partial<RunConfig> = {}): RunConfig {
  const small = { samplesPerTask: 80, hidden: 16, memoryPerClass: 4, candidates: 12, budget: 5, seed: 1 };
  const generative = { vaeHidden: 12, vaeLatents: 4, genIterations: 2, clsIterations: 2, replayBatches: 1 };
  return {
    ...defaultSettings,
    ...small,
    ...generative,
    ascentSteps: 1,
    evaluationInterval: 4,
    evaluationSize: 50,
    method,
    ...change,
  };
}

function pictureLane(method: MethodName): RunConfig {
  const small = { filters: 1, samplesPerTask: 10, memoryPerClass: 3, candidates: 6, budget: 4, seed: 4 };
  return {
    ...scenarioSettings('split-cifar10'),
    ...small,
    method,
    aeFilters: 2,
    aeEpochs: 1,
    aeReplays: 4,
    aeCandidates: 8,
  };
}

let backend: BackendReport;
beforeAll(async () => {
  backend = await startTestBackend('wasm');
});

/** Events of each kind, in order. Between kinds the order depends on when numbers are read back. */
function byKind(events: readonly ExperimentEvent[]): Map<string, ExperimentEvent[]> {
  return events.reduce(
    (kinds, event) => kinds.set(event.kind, [...(kinds.get(event.kind) ?? []), event]),
    new Map<string, ExperimentEvent[]>(),
  );
}

/** Runs an experiment; `look` sees every event while nothing pulls, with what asks the lanes. */
async function watched(
  dataset: Dataset,
  lanes: RunConfig[],
  look: (event: ExperimentEvent, ask: Ask) => Promise<void>,
): Promise<ExperimentEvent[]> {
  const events: ExperimentEvent[] = [];
  const askable: { ask: Ask | null } = { ask: null };
  const options = { dataset, lanes, backend, onAskable: (ask: Ask) => (askable.ask = ask) };
  for await (const event of runExperiment(options)) {
    events.push(event);
    if (askable.ask !== null) await look(event, askable.ask);
  }
  return events;
}

/** Class with the highest probability of each image; the first of equal ones. */
function named(probabilities: ArrayLike<number>, classes: number): number[] {
  return Array.from({ length: probabilities.length / classes }, (_, image) => {
    const row = Array.from({ length: classes }, (__, label) => probabilities[image * classes + label]);
    return row.indexOf(Math.max(...row));
  });
}

describe.each<[string, Dataset, RunConfig[]]>([
  ['digits', digits, [digitLane('fine-tune'), digitLane('er-mir'), digitLane('gem'), digitLane('icarl')]],
  ['generated digits', digits, [digitLane('gen'), digitLane('gen-mir'), digitLane('iid-online')]],
  ['pictures', pictures, [pictureLane('er'), pictureLane('icarl'), pictureLane('ae-mir')]],
])('asking lanes about %s', (_, dataset, lanes) => {
  it('gives probabilities whose highest is right exactly as often as the accuracy counted, at the end of each task', async () => {
    const { labels, pixels } = dataset.test;
    const counted = new Map<string, number>();
    let shown = 0;
    await watched(dataset, lanes, async (event, ask) => {
      if (event.kind === 'evaluated' && event.taskEnd)
        event.accuracyByTask.forEach((accuracy, task) => {
          if (accuracy !== null) counted.set(`lane ${event.lane} task ${task + 1}`, accuracy);
        });
      if (event.kind !== 'stepped' || counted.size === 0) return;
      const answers = await ask(pixels.subarray(0, pixels.length));
      answers.forEach((probabilities, lane) => {
        expect(probabilities).not.toBeNull();
        if (probabilities === null) return;
        expect(probabilities.length).toBe(10 * labels.length);
        for (let image = 0; image < labels.length; image++) {
          let sum = 0;
          for (let label = 0; label < 10; label++) sum += probabilities[10 * image + label];
          expect(sum).toBeCloseTo(1, 5);
        }
        const right = named(probabilities, 10).map((label, image) => Number(label === labels[image]));
        for (let task = 1; task <= 5; task++) {
          const accuracy = counted.get(`lane ${lane} task ${task}`);
          if (accuracy === undefined) continue;
          const own = right.filter((__, image) => Math.floor(labels[image] / 2) === task - 1);
          expect(own.reduce((sum, one) => sum + one, 0) / own.length, `lane ${lane} task ${task}`).toBeCloseTo(
            accuracy,
            9,
          );
          shown += 1;
        }
      });
      counted.clear();
    });
    expect(shown).toBeGreaterThanOrEqual(15);
  });

  it('changes no number of the run', async () => {
    const asked = await watched(dataset, lanes, async (event, ask) => {
      if (event.kind === 'stepped')
        await ask(dataset.test.pixels.subarray(0, 3 * (dataset.test.pixels.length / dataset.test.count)));
    });
    const alone = await watched(dataset, lanes, () => Promise.resolve());
    expect(byKind(asked)).toEqual(byKind(alone));
  });
});

describe('asking lanes before the first step', () => {
  it('gives what a perceptron with the initial weights gives in plain arithmetic', async () => {
    const config = digitLane('er');
    const { parameters } = mlp([36, 16, 16, 10]).init(randomStream(config.seed, 'init'));
    const network = [0, 2, 4].map((layer) => ({
      weight: parameters[`${layer}.weight`].arraySync() as number[][],
      bias: parameters[`${layer}.bias`].arraySync() as number[],
    }));
    const image = Uint8Array.from({ length: 36 }, (_, pixel) => 7 * pixel);
    const expected = plainAnswer(
      network,
      Array.from(image, (byte) => byte / 255),
    );
    let compared = 0;
    await watched(digits, [config, digitLane('gem')], async (event, ask) => {
      if (event.kind !== 'evaluated' || event.step > 0) return;
      for (const answer of await ask(image)) {
        Array.from(answer ?? []).forEach((probability, label) => expect(probability).toBeCloseTo(expected[label], 6));
        expect(answer).toHaveLength(10);
        compared += 1;
      }
    });
    expect(compared).toBe(4);
  });

  it('gives null for a lane that has stopped, and goes on with the others', async () => {
    const lanes = [digitLane('er'), digitLane('er', { learningRate: 1e30 })];
    const last: { answers: readonly (ArrayLike<number> | null)[] } = { answers: [] };
    await watched(digits, lanes, async (event, ask) => {
      if (event.kind === 'stepped') last.answers = await ask(new Uint8Array(36));
    });
    expect(last.answers[0]).toHaveLength(10);
    expect(last.answers[1]).toBeNull();
  });
});
