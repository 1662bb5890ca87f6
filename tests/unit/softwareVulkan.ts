import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { findChromium } from '../e2e/findChromium.ts';

/**
 * The Vulkan driver on which WebGPU is tested in Node: the one that VK_ICD_FILENAMES names, else the one without a
 * graphics card that Chromium brings along.
 *
 * @returns path of its description, or null if there is none
 */
export function softwareVulkan(): string | null {
  const named = process.env['VK_ICD_FILENAMES'];
  if (named !== undefined) return named;
  const chromium = findChromium();
  const folders = [...(chromium === null ? [] : [dirname(realpathSync(chromium))]), '/usr/lib/chromium'];
  return folders.map((folder) => join(folder, 'vk_swiftshader_icd.json')).find((path) => existsSync(path)) ?? null;
}
