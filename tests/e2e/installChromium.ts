import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { findChromium } from './findChromium.ts';

function tried(command: string, ...args: string[]): boolean {
  process.stdout.write(`No Chromium found; trying: ${[command, ...args].join(' ')}\n`);
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0;
}

/** Makes sure that the end-to-end tests have a browser, installing one where that can be done unasked. */
function installChromium(): string | null {
  const found = findChromium();
  if (found !== null) return found;
  // Playwright's archive comes from its own host, which a closed network may not reach.
  if (tried('npx', 'playwright', 'install', 'chromium')) return findChromium();
  const rootOnDebian = process.getuid?.() === 0 && existsSync('/etc/debian_version');
  if (rootOnDebian && tried('apt-get', 'update') && tried('apt-get', 'install', '-y', 'chromium', 'libvulkan1'))
    return findChromium();
  return null;
}

const path = installChromium();
if (path === null) {
  process.stderr.write('The browser tests need a Chromium: install Chrome or Chromium, or set CHROMIUM_PATH to one.\n');
  process.exitCode = 1;
} else {
  process.stdout.write(`Chromium: ${path}\n`);
}
