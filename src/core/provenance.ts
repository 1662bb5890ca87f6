import { z } from 'zod';
import { type RunConfig, settingNames } from './config.ts';
import { type DataMark, dataWords } from './dataset.ts';
import { isIdle } from './methods.ts';
import { scenarios } from './scenarios.ts';
import { listOf } from './storedRun.ts';

/**
 * The one rule of provenance, for files that a command goes on with, for `merge`, and for what the page keeps and
 * imports: runs belong to one result if they agree in version, backend, data and settings. Where they do not, both values
 * are shown. Version, backend and data may be mixed if a person insists; then every output says so. Settings of one row
 * of a table never are: a mean over them would be a mean of nothing.
 */

/** How a run came about, besides its settings and seed. */
export interface Origin {
  /** Version of the engine. */
  readonly version: string;
  readonly backend: string;
  /** Null in files that are older than the mark; such a run contradicts no other. */
  readonly data: DataMark | null;
}

/** A run, or one that is about to be made. Its seed is not compared. */
export interface OriginRun extends Origin {
  readonly config: RunConfig;
}

/** Runs that come from one place, such as a file, named as in a sentence: "a.json". */
export interface Source<Run> {
  readonly name: string;
  readonly runs: readonly Run[];
}

/** Something in which runs differ and should not: each value once, with the name of the source that has it first. */
interface Difference {
  readonly what: string;
  readonly values: readonly { readonly text: string; readonly source: string }[];
  /** Whether a person may insist on mixing it. */
  readonly mixable: boolean;
}

/** The row of a table, or the lane of a result, that a run belongs to. */
export interface Place {
  /** Runs are compared with those of the same group. */
  readonly group: string;
  readonly row: string;
  /** What the row has if nobody changes it. Rows of a group may differ in that, and in nothing else. */
  readonly usual: RunConfig;
}

/** The same run with two results: what differs, and who has what. */
interface Conflict {
  readonly what: string;
  readonly source: string;
  readonly found: string;
  readonly earlierSource: string;
  readonly earlier: string;
  readonly config: RunConfig;
}

/** Runs that must not be joined, as one sentence; `conflict` where one run has two results. */
export class ProvenanceError extends Error {
  override readonly name = 'ProvenanceError';
  readonly conflict: Conflict | null;
  constructor(message: string, conflict: Conflict | null = null) {
    super(message);
    this.conflict = conflict;
  }
}

const differenceSchema = z.strictObject({
  what: z.string(),
  values: listOf(z.string()).refine(({ length }) => length >= 2),
});

/** What a result mixes because a person insisted, as files have it: `{ what: 'backend', values: ['wasm', 'cpu'] }`. */
export type Mixture = Readonly<z.infer<typeof differenceSchema>>;
export const mixturesSchema = listOf(differenceSchema);

interface Sourced<Run> {
  readonly source: string;
  readonly run: Run;
}

function groupedBy<Item>(items: Iterable<Item>, keyOf: (item: Item) => string): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

function difference<Run>(
  what: string,
  runs: Iterable<Sourced<Run>>,
  textOf: (run: Run) => string | null,
  mixable: boolean,
): Difference[] {
  const found = new Map<string, string>();
  for (const { source, run } of runs) {
    const text = textOf(run);
    if (text !== null && !found.has(text)) found.set(text, source);
  }
  return found.size < 2 ? [] : [{ what, values: [...found].map(([text, source]) => ({ text, source })), mixable }];
}

function originDifferences(runs: readonly Sourced<OriginRun>[]): Difference[] {
  const datasets = groupedBy(runs, ({ run }) => scenarios[run.config.scenario].dataset);
  return [
    ...difference('version', runs, ({ version }) => version, true),
    ...difference('backend', runs, ({ backend }) => backend, true),
    ...[...datasets.values()].flatMap((own) => difference('data', own, ({ data }) => data && dataWords(data), true)),
  ];
}

function settingDifferences(runs: readonly Sourced<OriginRun>[], placeOf: (config: RunConfig) => Place): Difference[] {
  const distinct = new Map<string, Sourced<{ config: RunConfig; place: Place }>>();
  for (const { source, run } of runs) {
    const key = JSON.stringify({ ...run.config, seed: 0 });
    if (!distinct.has(key)) distinct.set(key, { source, run: { config: run.config, place: placeOf(run.config) } });
  }
  const groups = groupedBy(distinct.values(), ({ run }) => run.place.group);
  return [...groups.values()].flatMap((members) => {
    const rows = groupedBy(members, ({ run }) => run.place.row);
    return settingNames.flatMap((name) => {
      if (name === 'seed') return [];
      const heeding = ({ run }: (typeof members)[number]) => !isIdle(name, run.config.method);
      const text = ({ config }: { config: RunConfig }) => JSON.stringify(config[name]);
      const within = [...rows.values()].flatMap((row) => difference(name, row.filter(heeding), text, false));
      if (within.length > 0) return within;
      // Rows may each have what is usual for them. A row that was changed must agree with the others.
      const changed = name === 'scenario' || members.some(({ run }) => run.config[name] !== run.place.usual[name]);
      return changed ? difference(name, members.filter(heeding), text, true) : [];
    });
  });
}

/**
 * All in which runs differ and should not.
 *
 * @param placeOf the row of a configuration
 */
export function differencesOf(
  sources: readonly Source<OriginRun>[],
  placeOf: (config: RunConfig) => Place,
): Difference[] {
  const runs = sources.flatMap(({ name, runs: own }) => own.map((run) => ({ source: name, run })));
  return [...originDifferences(runs), ...settingDifferences(runs, placeOf)];
}

/** Text of a file, short enough for a sentence. */
const short = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text);

/** "b.json has backend "cpu", a.json has "wasm"". */
function differenceText({ what, values }: Difference): string {
  const [first, second] = values;
  const quoted = (text: string) =>
    what === 'version' || what === 'backend' ? JSON.stringify(short(text)) : short(text);
  return `${second.source} has ${what} ${quoted(second.text)}, ${first.source} has ${quoted(first.text)}`;
}

/**
 * What a result will have to say about itself.
 *
 * @param insists whether a person has allowed to mix what may be mixed
 * @param remedy what to do about a difference, as the end of a sentence: "join only results of one sweep"
 * @throws ProvenanceError for a difference that is not allowed
 */
export function allowedMixtures(differences: readonly Difference[], insists: boolean, remedy: string): Mixture[] {
  const forbidden = differences.find(({ mixable }) => !mixable || !insists);
  if (forbidden !== undefined) {
    const way = forbidden.mixable ? `, or add --allow-mixed` : '';
    throw new ProvenanceError(`${differenceText(forbidden)}; ${remedy}${way}.`);
  }
  return joinedMixtures(differences.map(({ what, values }) => ({ what, values: values.map(({ text }) => text) })));
}

/** What some runs mix of versions, backends and data, whatever their settings. */
export function mixturesOf(runs: readonly OriginRun[]): Mixture[] {
  const found = originDifferences(runs.map((run) => ({ source: '', run })));
  return joinedMixtures(found.map(({ what, values }) => ({ what, values: values.map(({ text }) => text) })));
}

/** Mixtures with one entry for each thing, and each of its values once. */
function joinedMixtures(mixtures: readonly Mixture[]): Mixture[] {
  return [...groupedBy(mixtures, ({ what }) => what)].map(([what, same]) => ({
    what,
    values: [...new Set(same.flatMap(({ values }) => values))],
  }));
}

/** "Mixed: version 0.1.0 and 0.2.0; backend cpu and wasm." Empty if nothing is. */
export function mixtureText(mixtures: readonly Mixture[]): string {
  if (mixtures.length === 0) return '';
  return `Mixed: ${mixtures.map(({ what, values }) => `${what} ${values.join(' and ')}`).join('; ')}.`;
}

/** What a run found out; two runs with one key must agree in it. */
interface Outcome {
  readonly config: RunConfig;
  readonly steps: number;
  readonly averageAccuracy: number;
  readonly averageForgetting: number | null;
  readonly negativeElbo: number | null;
  readonly accuracyMatrix: readonly (readonly number[])[];
}

const outcomeNames = ['averageAccuracy', 'averageForgetting', 'negativeElbo', 'steps', 'accuracyMatrix'] as const;

/**
 * Runs by key. Where several sources have a run, it is taken once.
 *
 * @param keyOf equal for the same method, settings and seed
 * @param nameOf the run in a sentence: "seed 3 of er"
 * @throws ProvenanceError where they disagree about what it found out
 */
export function joinedRuns<Run extends Outcome>(
  sources: readonly Source<Run>[],
  keyOf: (run: Run) => string,
  nameOf: (run: Run) => string,
): Run[] {
  const joined = new Map<string, Sourced<Run>>();
  for (const { name: source, runs } of sources) {
    for (const run of runs) {
      const key = keyOf(run);
      const earlier = joined.get(key);
      if (earlier === undefined) {
        joined.set(key, { source, run });
        continue;
      }
      const differs = outcomeNames.find((name) => JSON.stringify(run[name]) !== JSON.stringify(earlier.run[name]));
      if (differs === undefined) continue;
      const [found, before] = [short(JSON.stringify(run[differs])), short(JSON.stringify(earlier.run[differs]))];
      throw new ProvenanceError(
        `${source} has ${differs} ${found} for ${nameOf(run)}, ${earlier.source} has ${before}; the same run cannot end in two ways, so leave one of them out.`,
        { what: differs, source, found, earlierSource: earlier.source, earlier: before, config: run.config },
      );
    }
  }
  return [...joined.values()].map(({ run }) => run);
}
