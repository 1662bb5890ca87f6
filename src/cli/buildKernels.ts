import { writeFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** Kernels that are compiled together: their sources, and the file with their compiled form. */
interface KernelSet {
  readonly sources: readonly string[];
  readonly target: string;
}

function kernelSet(folder: string, names: readonly string[]): KernelSet {
  const path = (name: string) => fileURLToPath(new URL(`../engine/${folder}/${name}`, import.meta.url));
  return { sources: names.map((name) => path(`${name}.assembly.ts`)), target: path('kernelsBinary.ts') };
}

/** Those of the perceptron's step, with memory of their own, and those that work on the tensors of the wasm backend. */
export const kernelSets = {
  perceptron: kernelSet('fast/wasm', ['kernels']),
  tensors: kernelSet('kernels', ['product', 'winograd', 'windows', 'batchNorm', 'latentClimb']),
} as const satisfies Record<string, KernelSet>;

const options = ['--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert', '-O3'];
const perLine = 64;

/**
 * Compiles kernels for wasm. The compiler runs as a program of its own, because its types would change those of arrays
 * everywhere.
 *
 * @returns the text of kernelsBinary.ts, which holds them as bytes
 * @throws Error with the compiler's messages
 */
export async function compileKernels({ sources }: KernelSet): Promise<string> {
  const compiler = join(
    dirname(createRequire(import.meta.url).resolve('assemblyscript/package.json')),
    'bin',
    'asc.js',
  );
  const folder = await mkdtemp(join(tmpdir(), 'mir-lab-kernels-'));
  try {
    const binary = join(folder, 'kernels.wasm');
    await promisify(execFile)(process.execPath, [compiler, ...sources, '--outFile', binary, ...options], {
      cwd: dirname(sources[0]),
    });
    return kernelsText(
      sources.map((source) => basename(source)),
      await readFile(binary),
    );
  } finally {
    await rm(folder, { recursive: true });
  }
}

function kernelsText(sources: readonly string[], binary: Uint8Array): string {
  const bytes = Array.from(binary);
  const lines = Array.from(
    { length: Math.ceil(bytes.length / perLine) },
    (_, line) => `  ${bytes.slice(line * perLine, (line + 1) * perLine).join(', ')},`,
  );
  return [
    `/** ${sources.join(', ')}, compiled by \`npm run build:kernels\`. */`,
    'export const kernelsBinary = new Uint8Array([',
    ...lines,
    ']);',
    '',
  ].join('\n');
}

// Whoever only imports this compares what it compiles with what is there.
if (process.argv[1] === fileURLToPath(import.meta.url))
  for (const set of Object.values(kernelSets)) await writeFile(set.target, await compileKernels(set));
