import { describe, expect, it } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import { storedRunSchema } from '../../../src/core/storedRun.ts';
import { GraphicsFailure } from '../../../src/engine/programs/runProgram.ts';
import { wholeDataset } from '../../../src/worker/preparedSource.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticPictures } from '../engine/syntheticPictures.ts';
import { quiet, smallDataset } from '../worker/recordedPlayer.ts';
import { RecordedPool, smallConfig, smallSweepSteps } from '../worker/sweepPort.ts';

const seeds = (count: number) => Array.from({ length: count }, (_, seed) => smallConfig({ seed }));

describe('the pool', { timeout: 30_000 }, () => {
  it('runs everything once, on as many workers as there are threads to spare, and ends them', async () => {
    const recorded = new RecordedPool();
    const configs = [...seeds(4), ...seeds(2).map((config) => ({ ...config, method: 'er-mir' as const }))];
    recorded.pool.start(configs, 'cpu');
    expect(recorded.ports).toHaveLength(1);
    await recorded.over();
    const runs = recorded.eventsOf('finished').map(({ run }) => run);
    expect(runs.map(({ config }) => runKey(config)).sort()).toEqual(configs.map(runKey).sort());
    for (const run of runs) {
      expect(storedRunSchema.safeParse(run).success).toBe(true);
      expect(run).toMatchObject({ backend: 'cpu', steps: smallSweepSteps });
      expect(run.curve.at(-1)).toMatchObject({
        step: smallSweepSteps,
        set: 'complete',
        averageAccuracy: run.averageAccuracy,
      });
    }
    expect(Math.max(...recorded.eventsOf('workers').map(({ count }) => count))).toBe(2);
    expect(recorded.ports.map(({ terminated }) => terminated)).toEqual([true, true]);
    expect(recorded.eventsOf('failed')).toEqual([]);
    expect(recorded.events.at(-1)).toEqual({ kind: 'done' });
  });

  it('takes as many workers as the processor was measured to carry, and holds still meanwhile', async () => {
    let [pausedAt, measuredAt] = [0, 0];
    const recorded = new RecordedPool({}, 8, async (most) => {
      expect(most).toBe(7);
      await quiet(200);
      pausedAt = recorded.events.length;
      // A run that goes on tells so four times a second.
      await quiet(600);
      measuredAt = recorded.events.length;
      return 2;
    });
    // Long enough not to end before it can be paused.
    const first = smallConfig({ seed: 7, samplesPerTask: 100, hidden: 64, evaluationInterval: 1 });
    recorded.pool.start([first, ...seeds(2)], 'cpu');
    await recorded.over();
    expect(recorded.ports).toHaveLength(2);
    expect(recorded.eventsOf('finished')).toHaveLength(3);
    // The first worker was paused: nothing was told meanwhile, and nothing had finished by then.
    expect(measuredAt).toBe(pausedAt);
    expect(recorded.events.slice(0, measuredAt).filter(({ kind }) => kind === 'finished')).toEqual([]);
  });

  it('stays with one worker if it was started anew while the processor was measured', async () => {
    const answers: ((count: number) => void)[] = [];
    const recorded = new RecordedPool({}, 8, () => new Promise((resolve) => answers.push(resolve)));
    recorded.pool.start(seeds(3), 'cpu');
    await recorded.until(() => answers.length === 1);
    recorded.pool.start(seeds(2), 'cpu');
    await recorded.until(() => answers.length === 2);
    answers[0](7);
    await quiet(50);
    expect(recorded.ports).toHaveLength(2);
    expect(recorded.ports.map(({ terminated }) => terminated)).toEqual([true, false]);
    answers[1](1);
    await recorded.over();
    expect(recorded.eventsOf('finished')).toHaveLength(2);
    expect(recorded.ports).toHaveLength(2);
  });

  it('gives the same numbers whichever worker a run lands on', async () => {
    const [alone, together] = [new RecordedPool({}, 1), new RecordedPool({}, 4)];
    for (const recorded of [alone, together]) {
      recorded.pool.start(seeds(3), 'cpu');
      await recorded.over();
    }
    const results = ({ events }: RecordedPool) =>
      events
        .flatMap((event) => (event.kind === 'finished' ? [event.run] : []))
        .sort((one, other) => one.config.seed - other.config.seed)
        .map(({ accuracyMatrix, curve }) => ({ accuracyMatrix, curve }));
    expect(results(together)).toEqual(results(alone));
    expect(together.ports.length).toBeGreaterThan(alone.ports.length);
  });

  it('names a run whose loss is not finite, with its seed, and goes on with the others', async () => {
    const recorded = new RecordedPool({}, 1);
    recorded.pool.start([smallConfig({ seed: 7, hidden: 200, learningRate: 100 }), ...seeds(2)], 'cpu');
    await recorded.over();
    const [failed] = recorded.eventsOf('failed');
    expect(failed.config.seed).toBe(7);
    expect(failed.failure.message).toMatch(/not a finite number.*learning rate/i);
    expect(recorded.eventsOf('finished').map(({ run }) => run.config.seed)).toEqual([0, 1]);
  });

  it('puts a new worker in the place of one that dies, and names the run that it took along', async () => {
    const recorded = new RecordedPool({}, 1);
    recorded.pool.start(seeds(2), 'cpu');
    await recorded.until(() => recorded.eventsOf('progress').length > 0);
    recorded.ports[0].crash('out of memory');
    await recorded.over();
    expect(recorded.eventsOf('failed').map(({ config }) => config.seed)).toEqual([0]);
    expect(recorded.eventsOf('failed')[0].failure.message).toContain('out of memory');
    expect(recorded.eventsOf('finished').map(({ run }) => run.config.seed)).toEqual([1]);
    expect(recorded.ports).toHaveLength(2);
  });

  it('says once, not once a run, that nothing can start', async () => {
    const recorded = new RecordedPool({
      startBackend: () => Promise.reject(new Error('No backend could be started.')),
    });
    recorded.pool.start(seeds(5), 'webgpu');
    await recorded.over();
    expect(recorded.eventsOf('blocked').map(({ failure }) => failure.message)).toEqual([
      'No backend could be started.',
    ]);
    expect(recorded.eventsOf('failed')).toEqual([]);
    await quiet();
    expect(recorded.ports.every(({ terminated }) => terminated)).toBe(true);
  });

  it('takes a script that never answers for a block too', async () => {
    const recorded = new RecordedPool({
      holdLifeline: () => new Promise(() => {}),
      sourceOf: () => new Promise(() => {}),
    });
    recorded.pool.start(seeds(2), 'cpu');
    recorded.ports[0].crash('');
    await recorded.over();
    expect(recorded.eventsOf('blocked')[0].failure.message).toBe(
      'The worker stopped: its script could not be loaded. If trying again does not help, reload the page.',
    );
  });

  it('holds between two steps when paused, and goes on to the same numbers', async () => {
    const config = smallConfig({ samplesPerTask: 100, hidden: 128, evaluationInterval: 1 });
    const straight = new RecordedPool({}, 1);
    straight.pool.start([config], 'cpu');
    await straight.over();
    const held = new RecordedPool({}, 1);
    const begun = performance.now();
    held.pool.start([config], 'cpu');
    await held.until(() => held.eventsOf('progress').length > 0);
    held.pool.pause();
    await quiet(200);
    const told = held.events.length;
    const heldFrom = performance.now();
    await quiet(1_000);
    expect(held.events.length).toBe(told);
    expect(held.eventsOf('finished')).toEqual([]);
    const heldFor = performance.now() - heldFrom;
    held.pool.resume();
    await held.over();
    const whole = performance.now() - begun;
    const { accuracyMatrix, curve, seconds } = held.eventsOf('finished')[0].run;
    expect({ accuracyMatrix, curve }).toEqual(
      (({ run }) => ({ accuracyMatrix: run.accuracyMatrix, curve: run.curve }))(straight.eventsOf('finished')[0]),
    );
    // The time held is not counted; seconds are rounded to thousandths.
    expect(1_000 * seconds).toBeLessThan(whole - heldFor + 1);
  });

  it('tells while an autoencoder trains how far it is, and holds there when paused', async () => {
    const pictures = wholeDataset(syntheticPictures(32, 14, 2));
    const recorded = new RecordedPool(
      { sourceOf: () => Promise.resolve(pictures), startBackend: () => startTestBackend('wasm') },
      1,
    );
    const preparing = () => recorded.eventsOf('progress').flatMap(({ preparing: share }) => share ?? []);
    // So many passes that a report comes in the midst of them.
    recorded.pool.start(
      [
        smallConfig({
          scenario: 'split-cifar10',
          method: 'ae-er',
          samplesPerTask: 20,
          filters: 1,
          aeFilters: 2,
          aeEpochs: 30,
          aeReplays: 4,
        }),
      ],
      'wasm',
    );
    await recorded.until(() => preparing().length > 0);
    recorded.pool.pause();
    await quiet(300);
    const told = recorded.events.length;
    await quiet(500);
    expect(recorded.events.length).toBe(told);
    expect(preparing().every((share) => share > 0 && share < 1)).toBe(true);
    expect(recorded.eventsOf('finished')).toEqual([]);
    const held = preparing().length;
    recorded.pool.resume();
    await recorded.until(() => preparing().length > held);
    recorded.pool.stop();
  });

  it('abandons the runs in flight when stopped, tells nothing more of them, and can start again', async () => {
    const recorded = new RecordedPool();
    recorded.pool.start(seeds(6), 'cpu');
    await recorded.until(() => recorded.eventsOf('finished').length > 0);
    recorded.pool.stop();
    const told = recorded.events.length;
    await quiet(200);
    expect(recorded.events.length).toBe(told);
    expect(recorded.ports.every(({ terminated }) => terminated)).toBe(true);
    recorded.pool.start([smallConfig({ seed: 9 })], 'cpu');
    await recorded.over();
    expect(recorded.eventsOf('finished').at(-1)?.run.config.seed).toBe(9);
  });

  it('adds runs to those under way', async () => {
    const recorded = new RecordedPool({}, 1);
    recorded.pool.start(seeds(1), 'cpu');
    recorded.pool.add([smallConfig({ seed: 5 })]);
    await recorded.over();
    expect(recorded.eventsOf('finished').map(({ run }) => run.config.seed)).toEqual([0, 5]);
  });

  it('fetches data and starts the backend once per worker, not once per run', async () => {
    let backends = 0;
    let ensured = 0;
    const source = wholeDataset(smallDataset);
    const recorded = new RecordedPool(
      {
        sourceOf: () => Promise.resolve({ ...source, ensure: (...args) => ((ensured += 1), source.ensure(...args)) }),
        startBackend: () => ((backends += 1), startTestBackend('cpu')),
      },
      1,
    );
    recorded.pool.start(seeds(3), 'cpu');
    await recorded.over();
    expect({ backends, ensured, workers: recorded.ports.length }).toEqual({ backends: 1, ensured: 3, workers: 1 });
  });

  it.each([
    // How often the card is lost, and what each start of a backend and each run is then.
    ['auto', 1, ['auto', 'auto'], ['webgpu', 'webgpu'], []],
    ['webgpu', 1, ['webgpu', 'webgpu'], ['webgpu', 'webgpu'], []],
    ['auto', 9, ['auto', 'auto', 'wasm'], ['wasm', 'wasm'], []],
    ['webgpu', 2, ['webgpu', 'webgpu', 'webgpu'], ['webgpu'], ['The graphics device was lost.']],
  ] as const)(
    'a card, chosen by %s, that is lost in a run %i times',
    async (choice, times, starts, backends, failures) => {
      const lost = new GraphicsFailure('lost', 'The graphics device was lost.');
      const choices: string[] = [];
      const recorded = new RecordedPool(
        {
          startBackend: async (chosen, onFailure) => {
            choices.push(chosen);
            if (chosen !== 'wasm' && choices.length <= times) setTimeout(() => onFailure(lost), 0);
            const name = chosen === 'wasm' ? 'wasm' : 'webgpu';
            return { ...(await startTestBackend('cpu')), name, hardware: name === 'webgpu' };
          },
        },
        1,
      );
      recorded.pool.start(
        [1, 2].map((seed) => smallConfig({ iterations: 8, hidden: 64, seed })),
        choice,
      );
      await recorded.over();
      const finished = recorded.eventsOf('finished').map(({ run }) => run.backend);
      const failed = recorded.eventsOf('failed').map(({ failure }) => failure.message);
      expect({ choices, finished, failed }).toEqual({ choices: starts, finished: backends, failed: failures });
      const notices = recorded.eventsOf('notice').map(({ text }) => text);
      expect(notices[0]).toBe(`${lost.message} The run starts again on the graphics card, asked for anew.`);
      expect(notices.slice(1)).toEqual(times === 9 ? [`${lost.message} The run starts again with WASM.`] : []);
    },
  );
});
