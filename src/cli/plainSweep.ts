import { performance } from 'node:perf_hooks';
import Papa from 'papaparse';
import { ownDifferences, type RunConfig } from '../core/config.ts';
import { curvesCsv, csvIn, plainCsv } from '../core/csv.ts';
import { type DataMark, dataMarkOf } from '../core/dataset.ts';
import { allowedMixtures, differencesOf, type Mixture, type Origin, mixtureText } from '../core/provenance.ts';
import { scenarios } from '../core/scenarios.ts';
import { engineVersion } from '../core/storedRun.ts';
import { readDataset } from './data/readDataset.ts';
import type { ExperimentCommand } from './experimentArguments.ts';
import { claimFiles, FileError, type OutputFile } from './outputFile.ts';
import { keptWords, onInterruption, progressLine, ProgressPrinter } from './progress.ts';
import type { RunProgress, SeedOutcome } from './runSeed.ts';
import {
  experimentOf,
  type OriginRecord,
  parseResultFile,
  placeOfLane,
  recordsOf,
  type ResultFile,
  resultFileOf,
} from './resultFile.ts';
import { resultTable } from './resultTable.ts';
import { startNodeBackend } from './startNodeBackend.ts';

/** The rows of a file of learning curves, by seed; see {@link curvesCsv} for the columns. */
interface Curves {
  readonly header: readonly string[];
  readonly bySeed: ReadonlyMap<number, readonly (readonly string[])[]>;
}

export const noCurves: Curves = { header: [], bySeed: new Map() };

const firstColumns = ['lane', 'method', 'retrieval', 'seed', 'step', 'task', 'averageAccuracy', 'averageForgetting'];
/** The last column, where a person insisted on mixing. */
const mixedColumn = 'mixed';

/** Reads text as curves; null if it is something else, or cut short. */
export function parseCurves(text: string): Curves | null {
  const plain = plainCsv(text);
  if (!plain.startsWith(firstColumns.join(','))) return null;
  const { data, errors } = Papa.parse<string[]>(plain, { skipEmptyLines: true, delimiter: ',' });
  if (errors.length > 0) return null;
  const [titles, ...all] = data;
  if (all.some((row) => row.length !== titles.length)) return null;
  const width = titles.at(-1) === mixedColumn ? titles.length - 1 : titles.length;
  const bySeed = new Map<number, string[][]>();
  for (const row of all) {
    const seed = Number(row[firstColumns.indexOf('seed')]);
    const own = bySeed.get(seed) ?? [];
    own.push(row.slice(0, width));
    bySeed.set(seed, own);
  }
  return { header: titles.slice(0, width), bySeed };
}

/** The average accuracy that the last evaluation of a lane found for a seed; null without one. */
function lastAccuracy({ bySeed }: Curves, seed: number, method: string): number | null {
  const row = bySeed.get(seed)?.findLast((cells) => cells[firstColumns.indexOf('method')] === method);
  return row === undefined ? null : Number(row[firstColumns.indexOf('averageAccuracy')]);
}

/**
 * With the rows of a seed, as `curvesCsv` writes them, in place of those that it had. Rows of a file with other columns
 * keep what the new columns have of them.
 */
export function withSeed({ header: before, bySeed }: Curves, seed: number, csv: string): Curves {
  const [header, ...rows] = Papa.parse<string[]>(csv, { delimiter: ',' }).data;
  const places = header.map((title) => before.indexOf(title));
  const moved = [...bySeed].map(
    ([other, own]) => [other, own.map((row) => places.map((place) => row[place] ?? ''))] as const,
  );
  return { header, bySeed: new Map([...moved, [seed, rows]]) };
}

/** The file's text, seed by seed. */
export function curvesText({ header, bySeed }: Curves, mixtures: readonly Mixture[]): string {
  const mixed = mixtures.length === 0 ? [] : [mixtureText(mixtures)];
  const seeds = [...bySeed].toSorted(([one], [other]) => one - other);
  const rows = seeds.flatMap(([, own]) => own.map((row) => [...row, ...mixed]));
  return Papa.unparse([[...header, ...mixed.map(() => mixedColumn)], ...rows], { newline: '\r\n' });
}

type PlainCommand = Extract<ExperimentCommand, { kind: 'run' }>;

/** About what a run takes in the files. */
const bytesOfRun = { json: 8_000, csv: 16_000 };

/** A lane, with what differs from the other lanes: "icarl (iterations 5)". */
function laneWords(lane: RunConfig, _index: number, lanes: readonly RunConfig[]): string {
  const own = ownDifferences(lane, lanes).map((name) => `${name} ${lane[name]}`);
  return own.length === 0 ? lane.method : `${lane.method} (${own.join(', ')})`;
}

/** The end of a sentence about a file that holds other runs. */
export const continueRemedy = 'name another file, or add --overwrite to begin anew';

/** The runs of each lane that a file holds, which the command goes on with. */
function continuedRecords(path: string, text: string | null, lanes: readonly RunConfig[]): OriginRecord[][] {
  if (text === null) return lanes.map(() => []);
  const results = parseResultFile(text);
  if (results === null)
    throw new FileError(
      `--json is "${path}", which exists and is not the result of such a command; ${continueRemedy}.`,
    );
  const methods = results.map(({ config }) => config.method);
  const wanted = lanes.map(({ method }) => method);
  if (methods.join() !== wanted.join()) {
    throw new FileError(
      `--json is "${path}", which holds ${methods.join(', ')}, not ${wanted.join(', ')}; ${continueRemedy}.`,
    );
  }
  return results.map(recordsOf);
}

/** The curves that a file holds of those runs. */
function continuedCurves(path: string, text: string | null, records: readonly (readonly OriginRecord[])[]): Curves {
  if (text === null) return noCurves;
  const curves = parseCurves(text);
  if (curves === null)
    throw new FileError(`--csv is "${path}", which exists and does not hold curves; ${continueRemedy}.`);
  const known = new Map(
    records.flat().map(({ config, record }) => [`${record.seed} ${config.method}`, record.averageAccuracy]),
  );
  for (const seed of curves.bySeed.keys()) {
    for (const method of records.flatMap((runs) => runs.slice(0, 1).map(({ config }) => config.method))) {
      const found = lastAccuracy(curves, seed, method);
      const wanted = known.get(`${seed} ${method}`);
      if (found === null || found === wanted) continue;
      throw new FileError(
        `--csv is "${path}", which ends with accuracy ${found} for seed ${seed} of ${method}, and --json has ${wanted ?? 'no such run'}; ${continueRemedy}.`,
      );
    }
  }
  if (curves.bySeed.size > 0 && known.size === 0)
    throw new FileError(
      `--csv is "${path}", which holds curves of runs that no --json goes on with; ${continueRemedy}.`,
    );
  return curves;
}

/** A plain experiment as its files have it. */
class PlainResult {
  readonly #command: PlainCommand;
  readonly #json: OutputFile | null;
  readonly #csv: OutputFile | null;
  readonly #records: OriginRecord[][];
  #curves: Curves;
  #now: Origin;

  constructor(command: PlainCommand) {
    const { lanes, seeds, json, csv, overwrite } = command;
    this.#command = command;
    const runs = seeds.length * lanes.length;
    [this.#json, this.#csv] = claimFiles([
      json === null ? null : { flag: 'json', path: json, bytes: runs * bytesOfRun.json },
      csv === null ? null : { flag: 'csv', path: csv, bytes: runs * bytesOfRun.csv },
    ]);
    const text = (file: OutputFile | null) => (overwrite ? null : (file?.read() ?? null));
    try {
      this.#records = continuedRecords(json ?? '', text(this.#json), lanes);
      this.#curves = continuedCurves(csv ?? '', text(this.#csv), this.#records);
      this.#now = { version: engineVersion, backend: command.backend, data: null };
      this.#check();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** @throws ProvenanceError if the runs of the file and those of the command do not belong together */
  #check(): void {
    const { json, lanes, allowMixed } = this.#command;
    const sources = [
      { name: json ?? '', runs: this.#records.flat() },
      { name: 'this command', runs: lanes.map((config) => ({ ...this.#now, config })) },
    ];
    allowedMixtures(differencesOf(sources, placeOfLane), allowMixed, continueRemedy);
  }

  #mixtures(): Mixture[] {
    return allowedMixtures(differencesOf([{ name: '', runs: this.#records.flat() }], placeOfLane), true, '');
  }

  /** The data is known only when it has been read. */
  checkData(data: DataMark): void {
    this.#now = { ...this.#now, data };
    this.#check();
  }

  #has(seed: number): boolean {
    const inCurves = this.#csv === null || this.#curves.bySeed.has(seed);
    return inCurves && this.#records.every((runs) => runs.some(({ record }) => record.seed === seed));
  }

  /** The seeds that are still to be run. */
  left(): number[] {
    return this.#command.seeds.filter((seed) => !this.#has(seed));
  }

  /** Runs of seeds that the command does not name. */
  others(): number[] {
    const seeds = new Set(this.#records.flatMap((runs) => runs.map(({ record }) => record.seed)));
    return [...seeds].filter((seed) => !this.#command.seeds.includes(seed));
  }

  add(outcome: SeedOutcome, lanes: readonly RunConfig[]): void {
    outcome.records.forEach((record, lane) => {
      if (record === null) return;
      const others = this.#records[lane].filter((other) => other.record.seed !== record.seed);
      this.#records[lane] = [...others, { ...this.#now, config: lanes[lane], record }];
    });
    if (this.#csv === null || outcome.evaluations.length === 0) return;
    const csv = curvesCsv(outcome.evaluations, outcome.evaluations[0].accuracyByTask.length);
    this.#curves = withSeed(this.#curves, lanes[0].seed, csv);
  }

  file(): ResultFile {
    const experiments = this.#command.lanes.map((lane, index) => experimentOf(lane, this.#records[index], this.#now));
    return resultFileOf(experiments, this.#mixtures());
  }

  save(say: (line: string) => void): void {
    this.#json?.keep(`${JSON.stringify(this.file(), null, 2)}\n`, say);
    this.#csv?.keep(csvIn(this.#command.csvFormat, curvesText(this.#curves, this.#mixtures())), say);
  }

  /** Why something is not saved, as sentences. */
  failures(): string[] {
    return [this.#json?.failure, this.#csv?.failure].filter((reason) => typeof reason === 'string');
  }

  release(): void {
    this.#json?.release();
    this.#csv?.release();
  }
}

/**
 * Runs methods in lockstep over seeds. Each seed is saved as it ends, and seeds that the files already hold are not
 * repeated.
 *
 * @returns the exit code: 1 if a run stopped before its end, 2 if the result could not be saved
 */
export async function plainSweep(command: PlainCommand): Promise<number> {
  const { seeds, json, csv } = command;
  const { scenario } = command.lanes[0];
  const result = new PlainResult(command);
  const left = result.left();
  const printer = new ProgressPrinter(process.stderr, () => performance.now());
  const say = (line: string) => {
    printer.line(line);
  };
  const keptIn = json ?? '';
  const data = async () => {
    const dataset = await readDataset(scenarios[scenario].dataset, { ...command.data, onProgress: say });
    result.checkData(dataMarkOf(dataset));
    return dataset;
  };
  let saved = seeds.length - left.length;
  const release = onInterruption(() => keptWords({ kept: saved, all: seeds.length, what: 'seeds', json, csv }));
  let failures = 0;
  try {
    if (left.length > 0) {
      const dataset = await data();
      const backend = await startNodeBackend(command.backend);
      // Loaded late: TensorFlow.js must find WebGPU in place.
      const { runSeed } = await import('./runSeed.ts');
      const device = backend.device === '' ? '' : ` (${backend.device})`;
      const held = saved === 0 ? '' : `, ${saved} of them already in ${keptIn}`;
      say(
        `${scenario} · ${command.lanes.map(laneWords).join(', ')} · ${seeds.length} seed${seeds.length === 1 ? '' : 's'}${held} · ${backend.name}${device}`,
      );
      const start = performance.now();
      for (const [index, seed] of left.entries()) {
        const what = `seed ${seed} (${index + 1} of ${left.length})`;
        const lanes = command.lanes.map((lane) => ({ ...lane, seed }));
        const progress = ({ step, totalSteps, preparing }: RunProgress) => ({
          what,
          doneSteps: index * totalSteps + step,
          totalSteps: left.length * totalSteps,
          elapsedSeconds: (performance.now() - start) / 1_000,
          preparing,
        });
        // Only the CSV keeps the curves; whoever names an interval wants what is measured by it.
        const outcome = await runSeed(dataset, lanes, backend, (run) => printer.update(progress(run)), {
          evaluatesBetween: csv !== null || lanes[0].evaluationInterval !== 'auto' || lanes[0].boundaryEvaluations > 0,
        });
        for (const { lane, step, reason } of outcome.stopped) {
          failures++;
          say(`${lanes[lane].method}, seed ${seed}, stopped at step ${step}: ${reason}`);
        }
        result.add(outcome, lanes);
        result.save(say);
        if (result.failures().length === 0) saved = seeds.length - left.length + index + 1;
        outcome.directSteps.forEach(say);
        say(progressLine(progress({ step: 1, totalSteps: 1, preparing: null })));
      }
    } else {
      // Data that a person names may be other data.
      if (command.data.data !== undefined) await data();
      say(`${seeds.length} of ${seeds.length} seeds are already in ${keptIn}; nothing is left to train.`);
    }
    const others = result.others();
    if (others.length > 0) say(`${keptIn} also has ${others.length} other seeds, which are shown and counted.`);
    process.stdout.write(`${resultTable(result.file())}\n`);
    const unsaved = result.failures();
    unsaved.forEach(say);
    if (unsaved.length > 0) return 2;
    return failures === 0 ? 0 : 1;
  } finally {
    release();
    result.release();
  }
}
