import { expect } from 'vitest';
import { UsageError } from '../../../src/cli/configFlags.ts';
import { startNodeBackend } from '../../../src/cli/startNodeBackend.ts';
import type { BackendReport } from '../../../src/core/events.ts';

/**
 * Starts WebGPU in Node for a test file, on an imitated graphics card with kernels that suit it.
 *
 * @returns null where there is no adapter, and says what is missing
 * @throws Error in continuous integration if there is no adapter: nothing is left out there
 */
export async function startTestWebgpu(): Promise<BackendReport | null> {
  // The process of such a file runs no other.
  if (expect.getState().testPath?.endsWith('.webgpu.test.ts') !== true)
    throw new Error('Name a test file that starts WebGPU after that: name.webgpu.test.ts.');
  try {
    const report = await startNodeBackend('webgpu');
    // It loads TensorFlow.js, which must find WebGPU.
    const { useSoftwareKernels } = await import('./softwareKernels.ts');
    if (!report.hardware) useSoftwareKernels();
    return report;
  } catch (error) {
    if (!(error instanceof UsageError) || process.env['CI'] !== undefined) throw error;
    process.stderr.write(`Tests on WebGPU are skipped: ${error.message}\n`);
    return null;
  }
}
