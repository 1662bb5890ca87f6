import { expect } from 'vitest';
import { UsageError } from '../../../src/cli/configFlags.ts';
import { startNodeBackend } from '../../../src/cli/startNodeBackend.ts';
import type { BackendReport } from '../../../src/core/events.ts';
import { dawnFeatures, dawnFeaturesForMethods } from '../softwareVulkan.ts';

/** Tests of single programs; those that share a process are a project of their own in vitest.config.ts. */
const testsPrograms = /\/engine\/(programs|latent)\/|\/softwareKernels\./;

let started: { readonly features: string; readonly report: Promise<BackendReport | null> } | null = null;

/**
 * Starts WebGPU in Node for a test file, on an imitated graphics card with kernels that suit it. Files of one process
 * share the device, with the programs that it has compiled.
 *
 * @returns null where there is no adapter, and says what is missing
 * @throws Error in continuous integration if there is no adapter: nothing is left out there
 */
export async function startTestWebgpu(): Promise<BackendReport | null> {
  const { testPath = '' } = expect.getState();
  // The process of such a file runs none that must not find WebGPU.
  if (!/\.webgpu\.(isolated\.)?test\.ts$/.test(testPath))
    throw new Error(
      'Name a test file that starts WebGPU after that: name.webgpu.test.ts, or name.webgpu.isolated.test.ts if it loses the device.',
    );
  const features = testsPrograms.test(testPath) ? dawnFeatures : dawnFeaturesForMethods;
  started ??= { features, report: start(features) };
  if (started.features !== features) throw new Error('Tests of single programs run in a process of their own.');
  const report = await started.report;
  if (report === null) return null;
  // They load TensorFlow.js, which must find WebGPU.
  const { setBackend } = await import('@tensorflow/tfjs');
  const { useSoftwareKernels } = await import('./softwareKernels.ts');
  await setBackend('webgpu');
  if (!report.hardware) useSoftwareKernels();
  return report;
}

async function start(features: string): Promise<BackendReport | null> {
  try {
    return await startNodeBackend('webgpu', [features]);
  } catch (error) {
    if (!(error instanceof UsageError) || process.env['CI'] !== undefined) throw error;
    process.stderr.write(`Tests on WebGPU are skipped: ${error.message}\n`);
    return null;
  }
}
