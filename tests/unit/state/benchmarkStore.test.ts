import { describe, expect, it } from 'vitest';
import { createBenchmarkClient } from '../../../src/link/client.ts';
import {
  type BenchmarkPhase,
  type BenchmarkPlan,
  defaultBenchmark,
  createBenchmarkStore,
} from '../../../src/state/benchmarkState.ts';
import type { BenchmarkRunnerParts } from '../../../src/worker/benchmarkPart.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { BenchmarkPort } from '../worker/benchmarkPort.ts';

/** A store with a real client and real runners. */
function openStore(
  plan: BenchmarkPlan = { subjects: ['fine-tune', 'er'], steps: 3, engineOnly: false },
  parts: Partial<BenchmarkRunnerParts> = {},
) {
  // Times at the paper's sizes are soon over there.
  const startBackend = () => startTestBackend('wasm');
  const ports: BenchmarkPort[] = [];
  const notices: string[] = [];
  let started = 0;
  const client = createBenchmarkClient(() => {
    const port = new BenchmarkPort({ startBackend, ...parts });
    ports.push(port);
    return port;
  });
  const store = createBenchmarkStore(
    { client, backend: () => 'wasm', notify: (_tone, text) => notices.push(text), onStart: () => (started += 1) },
    plan,
  );
  const phases: BenchmarkPhase[] = [];
  store.subscribe(({ phase }, before) => {
    if (phase !== before.phase) phases.push(phase);
  });
  const reach = (kind: BenchmarkPhase['kind']) =>
    expect.poll(() => store.getState().phase.kind, { timeout: 20_000 }).toBe(kind);
  return { store, actions: store.getState().actions, ports, notices, phases, reach, startCount: () => started };
}

describe('a benchmark', { timeout: 30_000 }, () => {
  it('times its subjects one after another, says how far it is, and ends its worker', async () => {
    const { store, actions, ports, phases, reach, startCount } = openStore();
    actions.run();
    expect([store.getState().phase, startCount()]).toEqual([{ kind: 'starting', loading: null }, 1]);
    await reach('finished');
    const { timings, backend } = store.getState();
    expect(backend?.name).toBe('wasm');
    expect(
      timings.map(({ subject, contestants }) => [subject, contestants.map(({ name, steps }) => [name, steps])]),
    ).toEqual(
      ['fine-tune', 'er'].map((subject) => [
        subject,
        [
          ['engine', 3],
          ['stock', 3],
        ],
      ]),
    );
    for (const { single, inRow } of timings.flatMap(({ contestants }) => contestants))
      expect([single.lower > 0, inRow.lower > 0]).toEqual([true, true]);
    const seen = phases.flatMap((phase) =>
      phase.kind === 'timing' ? [`${phase.subject} ${phase.rounds === null ? '…' : phase.rounds.done}`] : [],
    );
    // How many rounds three steps come in depends on the machine.
    expect(seen.filter((text) => /[…01]$/.test(text))).toEqual(
      ['fine-tune', 'er'].flatMap((subject) => ['…', '0', '1'].map((rounds) => `${subject} ${rounds}`)),
    );
    expect(ports.map(({ terminated }) => terminated)).toEqual([true]);
  });

  it('is cancelled, keeps what it has, and hears nothing more of the old worker; the next one begins anew', async () => {
    const { store, actions, ports, reach } = openStore({ subjects: ['fine-tune', 'er'], steps: 12, engineOnly: false });
    actions.run();
    await reach('timing');
    actions.setPlan(defaultBenchmark);
    expect(store.getState().plan.steps).toBe(12);
    actions.cancel();
    expect([store.getState().phase.kind, ports[0].terminated]).toEqual(['cancelled', true]);
    ports[0].dispatchEvent(new MessageEvent('message', { data: { kind: 'finished' } }));
    expect(store.getState().phase.kind).toBe('cancelled');

    actions.setPlan({ subjects: ['fine-tune'], steps: 2, engineOnly: true });
    actions.run();
    await reach('finished');
    expect(
      store.getState().timings.map(({ subject, contestants }) => [subject, contestants.map(({ name }) => name)]),
    ).toEqual([['fine-tune', ['engine']]]);
  });

  it('says why it stopped, and keeps what was timed before', async () => {
    let losses = 0;
    const { store, actions, reach, ports } = openStore(undefined, {
      sourceOf: () => Promise.reject(new Error(`The data is gone, ${(losses += 1)}.`)),
    });
    actions.run();
    await reach('failed');
    expect(store.getState()).toMatchObject({
      phase: { failure: { message: 'The data is gone, 1.' } },
      timings: [],
      backend: { name: 'wasm' },
    });
    actions.run();
    await expect.poll(() => losses).toBe(2);
    await reach('failed');
    ports[1].dispatchEvent(Object.assign(new Event('error'), { message: 'late' }));
    expect(store.getState()).toMatchObject({ phase: { failure: { message: 'The data is gone, 2.' } } });
  });

  it('reports a worker whose script does not run, passes notices on, and times nothing without a choice', async () => {
    const { store, actions, ports, notices } = openStore(undefined, {
      startBackend: () => new Promise(() => undefined),
    });
    actions.setPlan({ subjects: [], steps: null, engineOnly: false });
    actions.run();
    expect(ports).toHaveLength(0);
    actions.setPlan(defaultBenchmark);
    actions.run();
    ports[0].dispatchEvent(new MessageEvent('message', { data: { kind: 'notice', text: 'Storage is full.' } }));
    ports[0].dispatchEvent(Object.assign(new Event('error'), { message: '' }));
    expect(notices).toEqual(['Storage is full.']);
    expect(store.getState().phase).toMatchObject({
      kind: 'failed',
      failure: {
        message: 'The worker stopped: its script could not be loaded. If trying again does not help, reload the page.',
      },
    });
  });
});
