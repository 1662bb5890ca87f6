import { defineConfig } from '@playwright/test';
import { dawnFeatures } from '../unit/softwareVulkan.ts';
import { findChromium, quietArguments } from './findChromium.ts';
import { smallSite, subPath, wholeSite } from './sites.ts';

/** Gives WebGPU on a machine without a GPU. */
const webgpuArguments = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', `--${dawnFeatures}`];

const results = '../../test-results/e2e';

const preview = `npx vite preview --base ${subPath}`;
const server = { cwd: '../..', env: { NO_COLOR: '1', FORCE_COLOR: '0' } };

const executablePath = findChromium();
const launch = (args: string[]) => ({
  launchOptions: { args, ...(executablePath === null ? {} : { executablePath }) },
});

export default defineConfig({
  testDir: '.',
  timeout: 90_000,
  expect: { timeout: 20_000 },
  // One more than two cores, because a page waits now and then.
  workers: 3,
  fullyParallel: true,
  forbidOnly: process.env['CI'] !== undefined,
  reporter:
    process.env['MIR_LAB_REPORT'] === undefined
      ? [['list']]
      : [['list'], ['json', { outputFile: process.env['MIR_LAB_REPORT'] }]],
  use: {
    baseURL: smallSite(),
    viewport: { width: 1366, height: 768 },
    screenshot: 'only-on-failure',
  },
  // Each has a folder of its own, which its run empties. They run in this order: the longest tests first, so that no
  // processor is idle at the end.
  projects: [
    {
      name: 'webgpu',
      outputDir: `${results}/webgpu`,
      testMatch: '**/*.webgpu.test.ts',
      use: launch([...quietArguments, ...webgpuArguments]),
    },
    {
      name: 'wasm',
      outputDir: `${results}/wasm`,
      testIgnore: '**/*.webgpu.test.ts',
      grepInvert: /@time/,
      use: launch(quietArguments),
    },
    // They measure time, on the site as it is: `npm test` runs this project by itself.
    {
      name: 'times',
      outputDir: `${results}/times`,
      grep: /@time/,
      workers: 1,
      use: { ...launch(quietArguments), baseURL: wholeSite() },
    },
  ],
  webServer: [
    {
      ...server,
      command: `npx tsx tests/e2e/smallSite.ts && ${preview} --outDir test-results/small-site`,
      wait: { stdout: /localhost:(?<SMALL_SITE_PORT>\d+)/ },
    },
    { ...server, command: preview, wait: { stdout: /localhost:(?<SITE_PORT>\d+)/ } },
  ],
});
