import { performance } from 'node:perf_hooks';
import { grouped } from '../core/dataset.ts';
import { preparedData, type PreparedName } from '../engine/data/manifest.ts';
import { dataDirectory } from './data/readPrepared.ts';
import type { Prepared } from './data/writeDataset.ts';
import { type Flag, helpText, readFlags, UsageError } from './flags.ts';
import { runCommand } from './progress.ts';

const flags: readonly Flag[] = [{ name: 'force', value: null, help: 'prepare the data even if it is there' }];

function outcome(name: PreparedName, { kind, manifest }: Prepared, seconds: number): string {
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const contents = `${manifest.files.length} files, ${grouped(bytes)} bytes, from ${manifest.source}`;
  switch (kind) {
    case 'upToDate':
      return `${preparedData[name].title} is ready in public/data/${name}: ${contents}.`;
    case 'written':
      return `${preparedData[name].title} written to public/data/${name} in ${seconds.toFixed(1)} s: ${contents}.`;
    default:
      return kind satisfies never;
  }
}

/**
 * The command that prepares one dataset: `npm run data:NAME [-- --force]`.
 *
 * @param write writes the dataset into a directory, unless it is there and `force` is off
 */
export function prepareData(
  name: PreparedName,
  write: (directory: string, force: boolean) => Promise<Prepared>,
): Promise<void> {
  return runCommand(async (argv) => {
    const { values, positionals } = readFlags(argv, flags);
    if (positionals.length > 0) throw new UsageError(`"${positionals[0]}" belongs to no flag; allowed is --force.`);
    if (values.has('help')) {
      console.log(helpText(`npm run ${preparedData[name].script} [-- --force]`, flags));
      return 0;
    }
    const begun = performance.now();
    const prepared = await write(dataDirectory(name), values.has('force'));
    console.log(outcome(name, prepared, (performance.now() - begun) / 1_000));
    return 0;
  });
}
