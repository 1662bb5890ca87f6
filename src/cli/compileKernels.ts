import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

/** Where the kernels are written down, and where their compiled form is kept. */
export const kernelsSource = fileURLToPath(new URL('../engine/compiled/kernels.assembly.ts', import.meta.url));
export const kernelsTarget = fileURLToPath(new URL('../engine/compiled/kernelsBinary.ts', import.meta.url));

const perLine = 32;

/**
 * Compiles the kernels of the perceptron's step on wasm.
 *
 * @returns the text of kernelsBinary.ts, which holds them as bytes
 * @throws Error with the compiler's messages
 */
export async function compileKernels(): Promise<string> {
  const source = await readFile(kernelsSource, 'utf8');
  let binary: Uint8Array | null = null;
  const options = ['kernels.ts', '--outFile', 'kernels.wasm', '--enable', 'simd', '--runtime', 'stub', '--importMemory', '--noAssert', '-O3'];
  const { error, stderr } = await asc.main(options, {
    readFile: (name) => (name === 'kernels.ts' ? source : null),
    writeFile: (name, contents) => {
      if (name === 'kernels.wasm' && typeof contents !== 'string') binary = contents;
    },
    listFiles: () => [],
  });
  if (error !== null || binary === null) throw new Error(`The kernels do not compile: ${error?.message ?? 'no output'}\n${stderr.toString()}`);
  const bytes = Array.from<number>(binary);
  const lines = Array.from({ length: Math.ceil(bytes.length / perLine) }, (_, line) => `  ${bytes.slice(line * perLine, (line + 1) * perLine).join(', ')},`);
  return [
    '/** kernels.assembly.ts, compiled by `npm run build:kernels`. */',
    'export const kernelsBinary = new Uint8Array([',
    ...lines,
    ']);',
    '',
  ].join('\n');
}
