import { allowedMixtures, differencesOf, joinedRuns, type OriginRun } from '../core/provenance.ts';
import { UsageError } from './flags.ts';
import {
  experimentOf,
  type ExperimentResult,
  parseResultFile,
  placeOfLane,
  recordsOf,
  type ResultFile,
  resultFileOf,
} from './resultFile.ts';

/** A result file that was read, with its name for messages. */
export interface NamedResult {
  readonly name: string;
  readonly text: string;
}

function parseResult({ name, text }: NamedResult): ExperimentResult[] {
  const result = parseResultFile(text);
  if (result !== null) return result;
  try {
    JSON.parse(text);
  } catch (error) {
    throw new UsageError(
      `${name} is not JSON (${(error as Error).message}); give files written by \`npm run experiment -- --json\`.`,
    );
  }
  throw new UsageError(`${name} is not a result of MIR Lab; give files written by \`npm run experiment -- --json\`.`);
}

/** The end of a sentence about files that do not belong together. */
export const mergeRemedy = 'join only results of one sweep';

/**
 * Joins the results of one sweep that ran in parts: shards of the seeds, or methods one by one. Runs are put in order of
 * seed, and summaries and paired differences are computed anew from all of them. A run that several files have is taken
 * once.
 *
 * @param allowMixed whether versions, backends and data may be mixed
 * @throws UsageError if a file is no result
 * @throws ProvenanceError if the files do not belong together, or disagree about a run
 */
export function mergeResults(files: readonly NamedResult[], allowMixed = false): ResultFile {
  if (files.length === 0) throw new UsageError('No file is named; write npm run -s merge -- a.json b.json.');
  const parts = files.map((file) => ({ name: file.name, results: parseResult(file) }));
  const sources = parts.map(({ name, results }) => ({ name, runs: results.flatMap(recordsOf) }));
  // A part without a finished run has settings, too.
  const settings = parts.map(({ name, results }) => ({
    name,
    runs: results.flatMap((result): OriginRun[] => {
      const own = recordsOf(result);
      return own.length > 0 ? own : [{ ...result, config: { ...result.config, seed: 0 } }];
    }),
  }));
  const mixtures = allowedMixtures(differencesOf(settings, placeOfLane), allowMixed, mergeRemedy);
  const records = joinedRuns(
    sources.map(({ name, runs }) => ({ name, runs: runs.map((run) => ({ ...run, ...run.record })) })),
    ({ config, seed }) => `${config.method} ${seed}`,
    ({ config, seed }) => `seed ${seed} of ${config.method}`,
  );
  const firsts = new Map(
    parts
      .flatMap(({ results }) => results)
      .reverse()
      .map((result) => [result.config.method, result]),
  );
  const methods = [...new Set(parts.flatMap(({ results }) => results.map(({ config }) => config.method)))];
  return resultFileOf(
    methods.flatMap((method) => {
      const first = firsts.get(method);
      const own = records.filter(({ config }) => config.method === method);
      return first === undefined ? [] : [experimentOf({ ...first.config, seed: 0 }, own, first)];
    }),
    mixtures,
  );
}
