import { afterEach } from 'vitest';
import { defaultExperiment, type ExperimentConfig } from '../../../src/core/config.ts';
import type { Dataset } from '../../../src/core/dataset.ts';
import type { Command, PageEvent, Report } from '../../../src/link/protocol.ts';
import { type DataSource, wholeDataset } from '../../../src/worker/preparedSource.ts';
import { Player, type PlayerParts } from '../../../src/worker/player.ts';
import { startTestBackend } from '../engine/startTestBackend.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';
import { oneSource } from './oneSource.ts';

/** 5 tasks of 10 steps each, evaluated every 5 steps. */
export const smallExperiment: ExperimentConfig = {
  ...defaultExperiment,
  lanes: ['er', 'er-mir'],
  samplesPerTask: 100,
  hidden: 16,
  memoryPerClass: 5,
  candidates: 20,
  budget: 5,
  evaluationInterval: 5,
  evaluationSize: 50,
};
export const smallTotalSteps = 50;
export const smallDataset: Dataset = syntheticDataset(60, 10);

type EventOf<K extends PageEvent['kind']> = Extract<PageEvent, { kind: K }>;

/** A real player on the cpu backend, with all that it reported. Reports cross as they would to a page. */
export class RecordedPlayer {
  readonly player: Player;
  readonly reports: Report[] = [];
  /** When each report came, in milliseconds. */
  readonly times: number[] = [];
  readonly #listeners = new Set<(report: Report) => void>();

  constructor({
    source = wholeDataset(smallDataset),
    ...parts
  }: Partial<PlayerParts> & { readonly source?: DataSource } = {}) {
    this.player = new Player({
      sources: oneSource(source),
      startBackend: () => startTestBackend('cpu'),
      openFiles: () => Promise.reject(new Error('No files are opened here.')),
      keep: () => Promise.resolve(null),
      ...parts,
      post: (report, transfer) => {
        const crossed = structuredClone(report, { transfer });
        this.reports.push(crossed);
        this.times.push(performance.now());
        for (const listener of this.#listeners) listener(crossed);
      },
    });
  }

  start(run: number, changes: Partial<Extract<Command, { kind: 'start' }>> = {}): void {
    this.player.handle({
      kind: 'start',
      run,
      experiment: smallExperiment,
      backend: 'cpu',
      play: false,
      speed: null,
      ...changes,
    });
  }

  /** Resolves with the first report, past or to come, that `matches`. */
  until<R extends Report>(matches: (report: Report) => report is R): Promise<R>;
  until(matches: (report: Report) => boolean): Promise<Report>;
  until(matches: (report: Report) => boolean): Promise<Report> {
    const past = this.reports.find(matches);
    return past ? Promise.resolve(past) : this.next(matches);
  }

  /** Resolves with the first report to come that `matches`. */
  next(matches: (report: Report) => boolean): Promise<Report> {
    return new Promise((resolve) => {
      const listener = (report: Report) => {
        if (!matches(report)) return;
        this.#listeners.delete(listener);
        resolve(report);
      };
      this.#listeners.add(listener);
    });
  }

  /** Calls `act` once, within the first report that `matches`. */
  at(matches: (report: Report) => boolean, act: () => void): void {
    const listener = (report: Report) => {
      if (!matches(report)) return;
      this.#listeners.delete(listener);
      act();
    };
    this.#listeners.add(listener);
  }

  paused(run: number): Promise<Report> {
    return this.until((report) => report.kind === 'playing' && report.run === run && !report.playing);
  }

  finished(run: number): Promise<Report> {
    return this.until((report) => reports(report, 'finished') && 'run' in report && report.run === run);
  }

  /** All events of a run, in order. */
  events(run: number): PageEvent[] {
    return this.reports.flatMap((report) => (report.kind === 'events' && report.run === run ? report.events : []));
  }

  eventsOf<K extends PageEvent['kind']>(run: number, kind: K): EventOf<K>[] {
    return this.events(run).filter((event): event is EventOf<K> => event.kind === kind);
  }

  /** Losses of a lane, one per step, as far as they were reported. */
  losses(run: number, lane: number): number[] {
    return this.eventsOf(run, 'progress').flatMap((event) => (event.lane === lane ? event.losses : []));
  }
}

/** Whether a report brings an event of some kind. */
export function reports(report: Report, kind: PageEvent['kind']): boolean {
  return report.kind === 'events' && report.events.some((event) => event.kind === kind);
}

/** Whether a report says that a step has been taken. */
export function reportsStep(report: Report, step: number): boolean {
  return report.kind === 'events' && report.events.some((event) => event.kind === 'stepped' && event.step === step);
}

/** Lets whatever could still happen happen. */
export function quiet(milliseconds = 100): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Makes players that are closed at the end of the test; call it once in a file. */
export function playersOfFile(): (...parts: ConstructorParameters<typeof RecordedPlayer>) => RecordedPlayer {
  const open: Player[] = [];
  afterEach(async () => {
    await Promise.all(open.splice(0).map((player) => player.close()));
  });
  return (...parts) => {
    const recorded = new RecordedPlayer(...parts);
    open.push(recorded.player);
    return recorded;
  };
}
