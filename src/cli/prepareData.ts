import { performance } from 'node:perf_hooks';
import { grouped } from '../core/dataset.ts';
import { preparedData, type PreparedName } from '../engine/data/manifest.ts';
import { dataDirectory, type Prepared } from './data/preparedFiles.ts';
import { type Flag, helpText, readFlags, UsageError } from './configFlags.ts';
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

/** How each dataset is written into a directory, unless it is there and `force` is off. */
const writers: Readonly<Record<PreparedName, (directory: string, force: boolean) => Promise<Prepared>>> = {
  mnist: async (directory, force) => {
    const { findMnistPackage, writeMnist } = await import('./data/mnist.ts');
    return writeMnist(await findMnistPackage(), directory, force);
  },
  cifar10: async (directory, force) => {
    const { writeCifar10 } = await import('./data/cifar10.ts');
    return writeCifar10(directory, { force, onProgress: (line) => console.log(line) });
  },
};

/** The command that prepares one dataset: `npm run data:NAME [-- --force]`. */
await runCommand(async (argv) => {
  const { values, positionals } = readFlags(argv, flags);
  const [name = '', ...others] = positionals;
  if (!Object.hasOwn(preparedData, name)) {
    throw new UsageError(`"${name}" names no dataset; known are ${Object.keys(preparedData).join(' and ')}.`);
  }
  if (others.length > 0) throw new UsageError(`"${others.join(' ')}" belongs to no flag; allowed is --force.`);
  const prepared = name as PreparedName;
  if (values.has('help')) {
    console.log(helpText(`npm run ${preparedData[prepared].script} [-- --force]`, flags));
    return 0;
  }
  const begun = performance.now();
  const written = await writers[prepared](dataDirectory(prepared), values.has('force'));
  console.log(outcome(prepared, written, (performance.now() - begun) / 1_000));
  return 0;
});
