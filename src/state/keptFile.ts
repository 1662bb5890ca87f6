import { z } from 'zod';
import { say } from '../texts/say.ts';
import { runKey } from '../core/paperTable.ts';
import { differencesOf, joinedRuns, ProvenanceError, type Source } from '../core/provenance.ts';
import { engineVersion, type StoredRun, storedRunSchema } from '../core/storedRun.ts';

const format = 'mir-lab-finished-runs';
const mostBytes = 64e6;
const mostRuns = 20_000;
/** Many times what the lab keeps. */
const mostLabRuns = 1_000;
/** The most entries of any list in a run: points of its curve, tasks, classes. */
const mostEntries = 5_000;
/** Runs that are checked before the page gets a turn. */
const runsAtATime = 20;

const fileSchema = z.object({
  format: z.literal(format),
  formatVersion: z.literal(1),
  runs: z.array(z.unknown()),
  /** Runs of the lab; files of earlier pages have none. Whoever keeps them checks them. */
  labRuns: z.array(z.unknown()).default([]),
});

/**
 * All that is kept as the text of one file: finished runs of tables, each with its settings, seed, version, backend and
 * data, and the runs of the lab.
 */
export function keptFileText(runs: Iterable<StoredRun>, labRuns: readonly object[] = []): string {
  return JSON.stringify({ format, formatVersion: 1, engineVersion, runs: [...runs], labRuns });
}

/** What a file of finished runs means for the ones that are here. */
export type KeptFileReading =
  | {
      readonly kind: 'runs';
      readonly runs: readonly StoredRun[];
      readonly known: number;
      readonly labRuns: readonly unknown[];
    }
  /** With these runs, results would mix what a person has to allow: a sentence with both values. */
  | {
      readonly kind: 'mixes';
      readonly runs: readonly StoredRun[];
      readonly known: number;
      readonly labRuns: readonly unknown[];
      readonly text: string;
    }
  | { readonly kind: 'refused'; readonly text: string };

/** Whether a value from a file has a list, at any depth, that is longer than a run's may be. */
function hasLongList(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  if (Array.isArray(value) && value.length > mostEntries) return true;
  return Object.values(value).some(hasLongList);
}

/** The runs of a text, or why it has none. Stops at the first fault, and lets the page breathe. */
async function runsOf(
  name: string,
  text: string,
): Promise<{ readonly runs: readonly StoredRun[]; readonly labRuns: readonly unknown[] } | string> {
  let content: unknown;
  try {
    content = JSON.parse(text);
  } catch {
    return say('experiments.keptFile.notJson', { name });
  }
  const file = fileSchema.safeParse(content);
  if (!file.success) return say('experiments.keptFile.notRuns', { name });
  const { runs, labRuns } = file.data;
  if (runs.length > mostRuns) return say('experiments.keptFile.tooMany', { name, count: runs.length, most: mostRuns });
  if (labRuns.length > mostLabRuns)
    return say('experiments.keptFile.tooManyOfLab', { name, count: labRuns.length, most: mostLabRuns });
  const whole: StoredRun[] = [];
  for (const [index, value] of runs.entries()) {
    if (index % runsAtATime === 0) await new Promise((resolve) => setTimeout(resolve));
    const run = hasLongList(value) ? null : storedRunSchema.safeParse(value);
    if (!run?.success) {
      const issue = run?.error.issues[0];
      const why =
        issue === undefined
          ? say('experiments.keptFile.longList', { most: mostEntries })
          : `${issue.path.join('.')}: ${issue.message.replace(/^Invalid input: /, '').replace(/received (undefined|NaN)$/, 'found none')}`;
      return say('experiments.keptFile.notWhole', { name, number: index + 1, count: runs.length, why });
    }
    if (run.data.version !== engineVersion)
      return say('experiments.keptFile.version', {
        name,
        number: index + 1,
        found: run.data.version,
        here: engineVersion,
      });
    whole.push(run.data);
  }
  return { runs: whole, labRuns };
}

/** What runs may differ in besides settings, in words; settings have their names. */
export function thingWord(what: string): string {
  return what === 'version' || what === 'backend' || what === 'data'
    ? say(`experiments.keptFile.things.${what}`)
    : what;
}

/**
 * Reads a file of finished runs by the one rule of provenance (provenance.ts).
 *
 * @param file its name is used in messages
 * @param here the finished runs of this page, by run key
 */
export async function readKeptFile(
  file: Pick<File, 'name' | 'size' | 'text'>,
  here: ReadonlyMap<string, StoredRun>,
): Promise<KeptFileReading> {
  const { name, size } = file;
  if (size > mostBytes)
    return {
      kind: 'refused',
      text: say('experiments.keptFile.tooLarge', { name, size: Math.ceil(size / 1e6), most: mostBytes / 1e6 }),
    };
  const content = await runsOf(name, await file.text());
  if (typeof content === 'string') return { kind: 'refused', text: content };
  const { runs, labRuns } = content;
  const own = { name: say('experiments.keptFile.thisBrowser'), runs: [...here.values()] };
  const sources: Source<StoredRun>[] = [own, { name, runs }];
  try {
    joinedRuns(
      sources,
      ({ config }) => runKey(config),
      ({ config }) => runKey(config),
    );
  } catch (error) {
    if (!(error instanceof ProvenanceError) || error.conflict === null) throw error;
    const { config, ...conflict } = error.conflict;
    const { method, scenario, seed } = config;
    return {
      kind: 'refused',
      text: say('experiments.keptFile.disagree', { ...conflict, method, scenario, seed: String(seed) }),
    };
  }
  const fresh = [...new Map(runs.map((run) => [runKey(run.config), run]))].filter(([key]) => !here.has(key));
  const known = runs.length - fresh.length;
  const taken = fresh.map(([, run]) => run);
  const text = mixedBy(name, taken, own.runs);
  return text === null
    ? { kind: 'runs', runs: taken, known, labRuns }
    : { kind: 'mixes', runs: taken, known, labRuns, text };
}

/** In what runs of a file differ from those here of the same scenario: backend or data. Null if in nothing. */
function mixedBy(name: string, taken: readonly StoredRun[], own: readonly StoredRun[]): string | null {
  const all = new Set(taken.map(({ config }) => config.scenario));
  const found = [...all].flatMap((scenario) => {
    const ofScenario = ({ config }: StoredRun) => config.scenario === scenario;
    const sources = [
      { name: say('experiments.keptFile.thisBrowser'), runs: own.filter(ofScenario) },
      { name, runs: taken.filter(ofScenario) },
    ];
    // Each run is a group of its own: settings differ from row to row.
    return differencesOf(sources, (config) => ({ group: runKey(config), row: config.method, usual: config }));
  });
  if (found.length === 0) return null;
  return [
    ...new Set(
      found.map(({ what, values }) =>
        say('experiments.keptFile.differs', {
          what: thingWord(what),
          values: values
            .map(({ text, source }) => say('experiments.keptFile.valueIn', { value: text, source }))
            .join(', '),
        }),
      ),
    ),
  ].join('; ');
}
