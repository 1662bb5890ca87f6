import { defaultSettings, type RunConfig } from '../../../src/core/config.ts';
import { createRunPool, type PoolEvent, type RunPool } from '../../../src/link/pool.ts';
import type { SweepCommand } from '../../../src/link/protocol.ts';
import { wholeDataset } from '../../../src/worker/preparedSource.ts';
import { SweepRunner, type SweepRunnerParts } from '../../../src/worker/sweepPart.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { smallDataset } from './recordedPlayer.ts';

/** 5 tasks of 4 steps each. */
export function smallConfig(change: Partial<RunConfig> = {}): RunConfig {
  return {
    ...defaultSettings,
    method: 'er',
    samplesPerTask: 40,
    hidden: 8,
    memoryPerClass: 3,
    candidates: 10,
    budget: 5,
    evaluationInterval: 5,
    evaluationSize: 20,
    ...change,
  };
}
export const smallSweepSteps = 20;

/** A real runner behind the face of a worker, in the same thread: messages cross later, in order, as copies. */
export class SweepPort extends EventTarget {
  readonly #runner: SweepRunner;
  readonly commands: SweepCommand[] = [];
  terminated = false;

  constructor(parts: Partial<SweepRunnerParts>) {
    super();
    this.#runner = new SweepRunner({
      holdLifeline: () => Promise.resolve(),
      sourceOf: () => Promise.resolve(wholeDataset(smallDataset)),
      startBackend: () => startTestBackend('cpu'),
      ...parts,
      post: (report) => {
        const data = structuredClone(report);
        setImmediate(() => {
          if (!this.terminated) this.dispatchEvent(new MessageEvent('message', { data }));
        });
      },
    });
  }

  postMessage(command: SweepCommand): void {
    this.commands.push(command);
    setImmediate(() => {
      if (!this.terminated) this.#runner.handle(structuredClone(command));
    });
  }

  terminate(): void {
    this.terminated = true;
    // Not to leave the thread to a run that nobody hears of.
    this.#runner.handle({ kind: 'pause' });
  }

  /** As when a script breaks. */
  crash(message: string): void {
    this.dispatchEvent(Object.assign(new Event('error'), { message }));
  }
}

/** A real pool with real runners, and all that it told. */
export class RecordedPool {
  readonly ports: SweepPort[] = [];
  readonly events: PoolEvent[] = [];
  readonly pool: RunPool;
  #wake: () => void = () => {};

  constructor(
    parts: Partial<SweepRunnerParts> = {},
    processorThreads = 3,
    usefulWorkers = (most: number) => Promise.resolve(most),
  ) {
    this.pool = createRunPool({
      processorThreads,
      usefulWorkers,
      makeWorker: () => {
        const port = new SweepPort(parts);
        this.ports.push(port);
        return port;
      },
    });
    this.pool.onEvent((event) => {
      this.events.push(event);
      this.#wake();
    });
  }

  eventsOf<K extends PoolEvent['kind']>(kind: K): Extract<PoolEvent, { kind: K }>[] {
    return this.events.filter((event): event is Extract<PoolEvent, { kind: K }> => event.kind === kind);
  }

  /** Resolves once what was told so far fulfils the condition. */
  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await new Promise<void>((resolve) => (this.#wake = resolve));
  }

  over(): Promise<void> {
    return this.until(() => this.events.some(({ kind }) => kind === 'done' || kind === 'blocked'));
  }
}
