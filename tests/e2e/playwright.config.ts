import { defineConfig } from '@playwright/test';
import { dawnFeatures } from '../unit/softwareVulkan.ts';
import { findChromium, quietArguments } from './findChromium.ts';

/** The built site must work below any path, so it is served from one. */
const subPath = '/lectures/mir-lab/';

/** Gives WebGPU on a machine without a GPU. */
const webgpuArguments = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader', `--${dawnFeatures}`];

const results = '../../test-results/e2e';

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
    // The preview takes a free port, and Playwright reads it from what it prints.
    baseURL: `http://localhost:${process.env['LAB_PORT'] ?? ''}${subPath}`,
    viewport: { width: 1366, height: 768 },
    screenshot: 'only-on-failure',
  },
  // Each has a folder of its own, which its run empties.
  projects: [
    {
      name: 'wasm',
      outputDir: `${results}/wasm`,
      testIgnore: '**/*.webgpu.test.ts',
      grepInvert: /@time/,
      use: launch(quietArguments),
    },
    {
      name: 'webgpu',
      outputDir: `${results}/webgpu`,
      testMatch: '**/*.webgpu.test.ts',
      use: launch([...quietArguments, ...webgpuArguments]),
    },
    // They measure time: `npm test` runs this project by itself.
    { name: 'times', outputDir: `${results}/times`, grep: /@time/, workers: 1, use: launch(quietArguments) },
  ],
  webServer: {
    command: `npx vite preview --base ${subPath}`,
    cwd: '../..',
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    wait: { stdout: /localhost:(?<LAB_PORT>\d+)/ },
  },
});
