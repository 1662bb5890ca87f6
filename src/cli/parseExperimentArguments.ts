import type { MethodName, RunConfig } from '../engine/config.ts';
import { nodeBackendNames, parseNodeBackend, type NodeBackendName } from './nodeBackendName.ts';
import { dataFlags, dataOptions } from './dataFlags.ts';
import type { ReadDatasetOptions } from './readDataset.ts';
import { parseSeeds, shardOf } from './parseSeeds.ts';
import { readFlags, type Flag } from './readFlags.ts';
import { methodsOf, runConfigFlags, runConfigOf } from './runConfigFlags.ts';
import { tableFlags } from './tableFlags.ts';
import { UsageError } from './usageError.ts';

/** What `npm run experiment` was asked to do. */
export type ExperimentCommand =
  | { readonly kind: 'help' }
  | {
      readonly kind: 'run';
      /** Seed and method are those of the first run. */
      readonly config: RunConfig;
      /** Run in lockstep, so that they can be compared pair by pair. */
      readonly methods: readonly MethodName[];
      readonly seeds: readonly number[];
      readonly backend: NodeBackendName;
      readonly data: ReadDatasetOptions;
      /** Files to write, or null. */
      readonly json: string | null;
      readonly csv: string | null;
    };

/** The flags of `npm run experiment`. */
export const experimentFlags: readonly Flag[] = [
  ...runConfigFlags,
  { name: 'seeds', value: 'N|A-B', help: 'how many seeds from 0 on, or a range: 3 means 0, 1, 2 and 4-6 means 4, 5, 6' },
  { name: 'shard', value: 'I/N', help: 'run only every N-th seed, from the I-th on; join the results with `npm run merge`' },
  ...dataFlags,
  { name: 'backend', value: 'NAME', help: `one of ${nodeBackendNames.join(', ')}; wasm if left out` },
  { name: 'json', value: 'FILE', help: 'write configuration, runs and summary as JSON' },
  { name: 'csv', value: 'FILE', help: 'write every evaluation as one row of CSV' },
];

/**
 * Reads the command line of `npm run experiment`.
 *
 * @throws UsageError that names the flag, the value and what is allowed
 */
export function parseExperimentArguments(argv: readonly string[]): ExperimentCommand {
  const { values, positionals } = readFlags(argv, [...experimentFlags, ...tableFlags]);
  if (values.has('help')) return { kind: 'help' };
  if (positionals.length > 0) {
    throw new UsageError(`"${positionals[0]}" belongs to no flag; write every setting as --flag value, for example --method er.`);
  }
  const stray = tableFlags.find(({ name }) => values.has(name));
  if (stray !== undefined) throw new UsageError(`--${stray.name} goes with --table only; add --table 1, or leave it out.`);
  if (values.has('seed') && values.has('seeds')) {
    throw new UsageError('--seed and --seeds are both given; --seed 5 runs seed 5 alone, --seeds 5 runs seeds 0 to 4.');
  }
  const config = runConfigOf(values);
  const seedsText = values.get('seeds');
  const seeds = seedsText === undefined ? [config.seed] : parseSeeds(seedsText);
  const shard = values.get('shard');
  return {
    kind: 'run',
    config,
    methods: methodsOf(values),
    seeds: shard === undefined ? seeds : shardOf(seeds, shard),
    backend: parseNodeBackend(values.get('backend')),
    data: dataOptions(values),
    json: fileName(values, 'json'),
    csv: fileName(values, 'csv'),
  };
}

/** @throws UsageError if the flag is given with an empty name */
export function fileName(values: ReadonlyMap<string, string>, flag: string): string | null {
  const name = values.get(flag);
  if (name === '') throw new UsageError(`--${flag} is ""; allowed is the name of a file to write.`);
  return name ?? null;
}
