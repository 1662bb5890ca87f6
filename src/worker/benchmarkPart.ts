import { startBackend } from '../engine/backends.ts';
import type { BenchmarkCommand, BenchmarkReport, BackendChoice } from '../link/protocol.ts';
import { datasetSources, testImages } from './datasetSources.ts';
import { wasmFiles, failureOf } from './recovery.ts';
import type { Dataset } from '../core/dataset.ts';
import type { BackendReport } from '../core/events.ts';
import { type DatasetName, scenarios } from '../core/scenarios.ts';
import { neededSamples } from '../core/stream.ts';
import { contestantsOf, type SubjectName } from '../core/timing.ts';
import { type Entrant, timeContest } from '../engine/benchmark/contest.ts';
import { startEntrant, subjects } from '../engine/benchmark/subjects.ts';
import type { DataSource } from './preparedSource.ts';
import { nextTurn } from './pace.ts';

/** What a benchmark gets from outside: in the browser from benchmarkPart.ts. */
export interface BenchmarkRunnerParts {
  readonly post: (report: BenchmarkReport) => void;
  readonly sourceOf: (dataset: DatasetName) => Promise<DataSource>;
  readonly startBackend: (choice: BackendChoice, onLost: (reason: string) => void) => Promise<BackendReport>;
  /** Milliseconds since some moment. */
  readonly now: () => number;
}

/** Times one subject after the other and reports progress; resolves at the end. Never rejects. */
export async function runBenchmark(
  { subjects: names, steps, engineOnly, backend: choice }: BenchmarkCommand,
  { post, sourceOf, startBackend, now }: BenchmarkRunnerParts,
): Promise<void> {
  const device: { lost: string | null } = { lost: null };

  async function load(name: SubjectName): Promise<Dataset> {
    const { config } = subjects[name];
    const scenario = scenarios[config.scenario];
    const source = await sourceOf(scenario.dataset);
    const tasks = scenario.tasks(await source.labels(), config);
    const needed = { train: neededSamples(tasks), test: testImages(tasks) };
    return source.ensure(needed, (progress) => post({ kind: 'loading', progress }));
  }

  /** Prepares all contestants of a subject; ends those that there are when one fails. */
  async function start(subject: SubjectName, dataset: Dataset): Promise<readonly Entrant[]> {
    const entrants: Entrant[] = [];
    try {
      for (const name of contestantsOf(subject, { stock: !engineOnly, peers: false }))
        entrants.push(await startEntrant(subject, name, dataset, now));
      return entrants;
    } catch (error) {
      for (const entrant of entrants) await entrant.end();
      throw error;
    }
  }

  try {
    const backend = await startBackend(choice, (reason) => (device.lost = reason));
    post({ kind: 'started', backend });
    for (const subject of names) {
      const dataset = await load(subject);
      post({ kind: 'progress', subject, rounds: null });
      const timing = await timeContest(await start(subject, dataset), { subject, steps }, async (rounds) => {
        post({ kind: 'progress', subject, rounds });
        // A lost device is told between two turns of the event loop.
        await nextTurn();
        if (device.lost !== null) throw new Error(device.lost);
      });
      post({ kind: 'timed', timing });
    }
    post({ kind: 'finished' });
  } catch (error) {
    post({ kind: 'failed', failure: failureOf(device.lost === null ? error : new Error(device.lost)) });
  }
}

const post = (report: BenchmarkReport) => self.postMessage(report);

/** Times the subjects that the page asks for. */
export function begin(page: string): (command: BenchmarkCommand) => void {
  const sources = datasetSources(page, post);

  return (command) =>
    void runBenchmark(command, {
      post,
      sourceOf: (dataset) => sources.of(dataset),
      startBackend: (choice, onLost) => startBackend(choice, wasmFiles, ({ message }) => onLost(message), 'several'),
      now: () => performance.now(),
    });
}
