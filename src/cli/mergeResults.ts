import { presetConfig, settingNames, sharedSettingNames } from '../core/config.ts';
import { UsageError } from './flags.ts';
import { type ExperimentResult, type ResultFile, resultFileOf, resultFileSchema, summarise } from './resultFile.ts';

/** A result file that was read, with its name for messages. */
export interface NamedResult {
  readonly name: string;
  readonly text: string;
}

function parseResult({ name, text }: NamedResult): ExperimentResult[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${name} is not JSON (${(error as Error).message}); give files written by \`npm run experiment -- --json\`.`,
    );
  }
  const result = resultFileSchema.safeParse(json);
  if (!result.success) {
    throw new UsageError(`${name} is not a result of MIR Lab; give files written by \`npm run experiment -- --json\`.`);
  }
  return 'experiments' in result.data ? result.data.experiments : [result.data];
}

/**
 * The first setting in which two results of the same sweep differ and must not, or null. Two methods may differ in
 * their own presets, but not in the settings that the lanes of an experiment share.
 */
function difference(
  a: ExperimentResult,
  b: ExperimentResult,
): { what: string; first: unknown; second: unknown } | null {
  const facts = ({ backend, version, config }: ExperimentResult) =>
    Object.entries({ backend, version, ...config }).filter(([name]) => name !== 'method');
  const others = new Map(facts(b));
  for (const [what, first] of facts(a)) {
    const second = others.get(what);
    if (first !== second && !(isPreset(a, what) && isPreset(b, what))) return { what, first, second };
  }
  return null;
}

/** Whether a setting may differ between methods and has the value of the method's preset. */
function isPreset({ config }: ExperimentResult, what: string): boolean {
  const name = settingNames.find((setting) => setting === what);
  if (name === undefined || name === 'seed' || sharedSettingNames.some((shared) => shared === name)) return false;
  return config[name] === presetConfig(config.scenario, config.method)[name];
}

/**
 * Joins the results of one sweep that ran in parts: shards of the seeds, or methods one by one. Runs are
 * put in order of seed, and summaries and paired differences are computed anew from all of them.
 *
 * @throws UsageError if a file is no result, settings differ, or a method has one seed twice
 */
export function mergeResults(files: readonly NamedResult[]): ResultFile {
  if (files.length === 0) throw new UsageError('No file is named; write npm run -s merge -- a.json b.json.');
  const parts = files.flatMap((file) => parseResult(file).map((result) => ({ name: file.name, result })));
  const [first] = parts;
  const byMethod = new Map<string, ExperimentResult>();
  for (const { name, result } of parts) {
    const same = parts.find((part) => part.result.config.method === result.config.method) ?? first;
    for (const other of [first, same]) {
      const differs = difference(other.result, result);
      if (differs === null) continue;
      throw new UsageError(
        `${name} has ${differs.what} ${JSON.stringify(differs.second)}, ${other.name} has ${JSON.stringify(differs.first)}; join only results of one sweep.`,
      );
    }
    const earlier = byMethod.get(result.config.method)?.runs ?? [];
    const repeated = result.runs.find((run) => earlier.some(({ seed }) => seed === run.seed));
    if (repeated !== undefined) {
      throw new UsageError(
        `${name} has seed ${repeated.seed} of ${result.config.method}, which an earlier file has too; name each result once.`,
      );
    }
    byMethod.set(result.config.method, { ...result, runs: [...earlier, ...result.runs] });
  }
  return resultFileOf(
    [...byMethod.values()].map((result) => {
      const runs = result.runs.toSorted((a, b) => a.seed - b.seed);
      return { ...result, runs, summary: summarise(runs) };
    }),
  );
}
