import { writeFile } from 'node:fs/promises';
import { compileKernels, kernelSets } from './compileKernels.ts';

for (const set of Object.values(kernelSets)) await writeFile(set.target, await compileKernels(set));
