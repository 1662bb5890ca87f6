import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { softwareVulkan } from '../unit/softwareVulkan.ts';
import { findChromium } from './findChromium.ts';

const rootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version');

function tried(lacking: string, command: string, ...args: string[]): boolean {
  process.stdout.write(`No ${lacking} found; trying: ${[command, ...args].join(' ')}\n`);
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

function triedPackages(lacking: string, ...names: string[]): boolean {
  return rootOnDebian && tried(lacking, 'apt-get', 'update') && tried(lacking, 'apt-get', 'install', '-y', ...names);
}

/** Makes sure that the end-to-end tests have a browser, installing one where that can be done unasked. */
function installChromium(): string | null {
  const found = findChromium();
  if (found !== null) return found;
  // Playwright's archive comes from its own host, which a closed network may not reach.
  if (tried('Chromium', 'npx', 'playwright', 'install', 'chromium')) return findChromium();
  return triedPackages('Chromium', 'chromium') ? findChromium() : null;
}

/** Where Linux looks for Vulkan drivers of its own. */
const systemDrivers = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d'];

/**
 * Makes sure that Node, too, has a driver for WebGPU. Chromium brings one along, unless it comes as a snap or the like;
 * macOS and Windows need none.
 */
function hasVulkan(): boolean {
  if (process.platform !== 'linux' || process.env['VK_ICD_FILENAMES'] !== undefined) return true;
  if (softwareVulkan().VK_ICD_FILENAMES !== undefined || systemDrivers.some((folder) => existsSync(folder)))
    return true;
  return triedPackages('Vulkan driver', 'libvulkan1', 'mesa-vulkan-drivers');
}

const path = installChromium();
if (path === null) {
  process.stderr.write('The browser tests need a Chromium: install Chrome or Chromium, or set CHROMIUM_PATH to one.\n');
  process.exitCode = 1;
} else {
  process.stdout.write(`Chromium: ${path}\n`);
}
if (!hasVulkan()) {
  process.stderr.write(
    'The unit tests of WebGPU need a Vulkan driver: install libvulkan1 and mesa-vulkan-drivers, or set VK_ICD_FILENAMES to the .json file of one.\n',
  );
  // Without it they are skipped; in continuous integration nothing is.
  if (process.env['CI'] !== undefined) process.exitCode = 1;
}
