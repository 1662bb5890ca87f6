import { existsSync } from 'node:fs';
import { startNodeBackend } from '../../../src/cli/startNodeBackend.ts';
import { UsageError } from '../../../src/cli/usageError.ts';
import type { BackendReport } from '../../../src/engine/events.ts';

/** Debian's chromium brings a Vulkan driver that needs no graphics card. */
const chromiumDriver = '/usr/lib/chromium/vk_swiftshader_icd.json';

/** Starts WebGPU in Node for a test file; null where there is no adapter, and says what is missing. */
export async function startTestWebgpu(): Promise<BackendReport | null> {
  if (process.env['VK_ICD_FILENAMES'] === undefined && existsSync(chromiumDriver)) process.env['VK_ICD_FILENAMES'] = chromiumDriver;
  try {
    return await startNodeBackend('webgpu');
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    process.stderr.write(`Tests on WebGPU are skipped: ${error.message}\n`);
    return null;
  }
}
