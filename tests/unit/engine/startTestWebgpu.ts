import { UsageError } from '../../../src/cli/flags.ts';
import { startNodeBackend } from '../../../src/cli/startNodeBackend.ts';
import type { BackendReport } from '../../../src/core/events.ts';
import { softwareVulkan } from '../softwareVulkan.ts';

/**
 * Starts WebGPU in Node for a test file, on an imitated graphics card with kernels that suit it; null where there is no
 * adapter, and says what is missing.
 */
export async function startTestWebgpu(): Promise<BackendReport | null> {
  const driver = softwareVulkan();
  if (driver !== null) process.env['VK_ICD_FILENAMES'] = driver;
  try {
    const report = await startNodeBackend('webgpu');
    // It loads TensorFlow.js, which must find WebGPU.
    const { useSoftwareKernels } = await import('./softwareKernels.ts');
    if (!report.hardware) useSoftwareKernels();
    return report;
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`Tests on WebGPU are skipped: ${error.message}\n`);
    return null;
  }
}
