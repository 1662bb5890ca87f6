import { existsSync, realpathSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { findChromium } from '../e2e/findChromium.ts';

/**
 * Leaves shared memory of programs unset where WebGPU would fill it with zeros: the driver without a graphics card
 * spends four fifths of its time for a program with barriers on compiling that. A program that counted on zeros would
 * fail its test.
 */
export const dawnFeatures = 'enable-dawn-features=disable_workgroup_init';

/**
 * The same, and leaves indices unchecked that WebGPU would hold within their buffers, which takes two fifths of the time
 * for compiling. For tests of whole methods: those of single programs keep the checks, and so do the command line's and
 * the page tests.
 */
export const dawnFeaturesForMethods = `${dawnFeatures},disable_robustness`;

/** What a process needs in its environment to find a Vulkan driver. */
export type VulkanEnvironment = Readonly<Partial<Record<'VK_ICD_FILENAMES' | 'LD_LIBRARY_PATH', string>>>;

/**
 * Points to the Vulkan driver on which WebGPU is tested in Node: the one that VK_ICD_FILENAMES names, else the one
 * without a graphics card that Chromium brings along, with the loader beside it for machines that have none.
 *
 * @returns nothing where there is no such driver, or where it is already pointed to
 */
export function softwareVulkan(): VulkanEnvironment {
  const { VK_ICD_FILENAMES: named, LD_LIBRARY_PATH: libraries } = process.env;
  if (named !== undefined && named !== '') return {};
  const chromium = findChromium();
  const folders = [...(chromium === null ? [] : [dirname(realpathSync(chromium))]), '/usr/lib/chromium'];
  const folder = folders.find((path) => existsSync(join(path, 'vk_swiftshader_icd.json')));
  if (folder === undefined) return {};
  return {
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
    // Last, so that the machine's own loader comes first where it has one there.
    LD_LIBRARY_PATH: [...(libraries === undefined || libraries === '' ? [] : [libraries]), folder].join(delimiter),
  };
}
