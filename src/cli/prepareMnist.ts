import { parseArgs } from 'node:util';
import { DataError, grouped } from '../engine/data/dataError.ts';
import { mnistDirectory } from './dataDirectory.ts';
import { findMnistPackage } from './mnistSource.ts';
import { writeMnist } from './writeMnist.ts';

/** Prepares MNIST for page and command line: `npm run data:mnist [-- --force]`. */
async function prepareMnist(force: boolean): Promise<string> {
  const begun = performance.now();
  const { kind, manifest } = await writeMnist(await findMnistPackage(), mnistDirectory, force);
  const bytes = manifest.files.reduce((sum, file) => sum + file.bytes, 0);
  const contents = `${manifest.files.length} files, ${grouped(bytes)} bytes, from ${manifest.source}`;
  switch (kind) {
    case 'upToDate':
      return `MNIST is ready in public/data/mnist: ${contents}.`;
    case 'written':
      return `MNIST written to public/data/mnist in ${((performance.now() - begun) / 1_000).toFixed(1)} s: ${contents}.`;
    default:
      return kind satisfies never;
  }
}

try {
  const { values } = parseArgs({ options: { force: { type: 'boolean', default: false } } });
  console.log(await prepareMnist(values.force));
} catch (error) {
  const wrongFlag = error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS');
  if (!(error instanceof DataError) && !wrongFlag) throw error;
  console.error(wrongFlag ? `${error.message}. Allowed is --force.` : error.message);
  process.exitCode = 2;
}
