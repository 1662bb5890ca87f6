import { writeFile } from 'node:fs/promises';
import { compileKernels, kernelsTarget } from './compileKernels.ts';

await writeFile(kernelsTarget, await compileKernels());
