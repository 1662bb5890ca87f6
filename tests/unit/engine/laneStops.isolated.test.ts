import { solveQP } from 'quadprog';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { defaultSettings, type RunConfig } from '../../../src/core/config.ts';
import type { MethodName } from '../../../src/core/methods.ts';
import type { BackendReport, ExperimentEvent } from '../../../src/core/events.ts';
import { runExperiment } from '../../../src/engine/experiment.ts';
import { startTestBackend } from './startTestBackend.ts';
import { syntheticDataset } from './syntheticDataset.ts';

vi.mock('quadprog', { spy: true });

const dataset = syntheticDataset(60, 20);
const laneOf = (method: MethodName, change: Partial<RunConfig> = {}): RunConfig => ({
  ...defaultSettings,
  samplesPerTask: 80,
  hidden: 16,
  memoryPerClass: 4,
  candidates: 12,
  budget: 5,
  vaeHidden: 8,
  vaeLatents: 2,
  genIterations: 1,
  clsIterations: 1,
  replayBatches: 1,
  evaluationInterval: 8,
  evaluationSize: 50,
  method,
  ...change,
});

let backend: BackendReport;
beforeAll(async () => {
  backend = await startTestBackend('wasm');
});
beforeEach(() => void vi.mocked(solveQP).mockReset());

async function run(lanes: readonly RunConfig[]) {
  const events: ExperimentEvent[] = [];
  for await (const event of runExperiment({ dataset, lanes, backend })) events.push(event);
  return {
    stops: events.filter((event) => event.kind === 'laneStopped'),
    lossesOf: (lane: number) =>
      events.flatMap((event) => (event.kind === 'progress' && event.lane === lane ? event.losses : [])),
    results: events.flatMap((event) => (event.kind === 'finished' ? event.results : [])),
  };
}

describe('a lane that cannot go on', () => {
  it('stops alone, with the reason, where GEM’s quadratic program has no solution', async () => {
    const flat = { solution: [], message: 'matrix D in quadratic function is not positive definite!' };
    vi.mocked(solveQP).mockReturnValue(flat);
    const { stops, lossesOf, results } = await run([laneOf('er'), laneOf('gem'), laneOf('er-mir')]);
    expect(stops.map(({ lane }) => lane)).toEqual([1]);
    const [{ reason, step }] = stops;
    expect(reason).toMatch(
      /^GEM's quadratic program has no solution \(matrix D .* definite!\), so this lane has stopped\./,
    );
    // The first task has no past to hurt.
    expect(step).toBeGreaterThan(8);
    expect(step).toBeLessThan(40);
    expect([lossesOf(0).length, lossesOf(2).length]).toEqual([40, 40]);
    expect(results.map((result) => result?.steps)).toEqual([40, undefined, 40]);
  });

  it('learns on with GEM’s gradients as long as ones in trouble are', async () => {
    // At this rate losses reach thousands of nats.
    const { stops, lossesOf } = await run([laneOf('gem', { learningRate: 30 })]);
    expect(Math.max(...lossesOf(0))).toBeGreaterThan(1_000);
    expect(vi.mocked(solveQP).mock.calls.length).toBeGreaterThan(0);
    expect(stops).toEqual([]);
  });

  it.each<{ method: MethodName; change: Partial<RunConfig>; named: string; set: number }>([
    { method: 'fine-tune', change: { learningRate: 1e30 }, named: 'learning rate (α = 1e+30)', set: 1e30 },
    { method: 'gem', change: { learningRate: 7e25 }, named: 'learning rate (α = 7e+25)', set: 7e25 },
    {
      method: 'gen',
      change: { genLearningRate: 1e30, learningRate: 0.01 },
      named: 'learning rate of its classifier (genLearningRate = 1e+30)',
      set: 1e30,
    },
    {
      method: 'gen-mir',
      change: { genLearningRate: 9.6e28 },
      named: 'learning rate of its classifier (genLearningRate = 9.6e+28)',
      set: 9.6e28,
    },
    {
      method: 'ewc',
      change: { ewcLambda: 1e6 },
      named: 'pull back to the old weights (ewcLambda = 1000000)',
      set: 1e6,
    },
  ])('is told which setting is too large, and a smaller value: $method', async ({ method, change, named, set }) => {
    const { stops } = await run([laneOf(method, change)]);
    expect(stops).toHaveLength(1);
    expect(stops[0].reason).toContain(`The ${named} is probably too large; set a smaller one, such as `);
    const advised = Number(/such as (\S+), and reset/.exec(stops[0].reason)?.[1]);
    expect(advised).toBeGreaterThan(0);
    expect(advised).toBeLessThan(set);
  });
});
