import { defineConfig } from '@playwright/test';
import { findChromium } from './findChromium.ts';

/** The built site must work below any path, so it is served from one. */
const subPath = '/lectures/mir-lab/';

const quietArguments = [
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  '--disable-quic',
  ...(process.getuid?.() === 0 ? ['--no-sandbox'] : []),
];
/** Gives WebGPU on a machine without a GPU. */
const webgpuArguments = ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'];

const executablePath = findChromium();
const launch = (args: string[]) => ({
  launchOptions: { args, ...(executablePath === null ? {} : { executablePath }) },
});

export default defineConfig({
  testDir: '.',
  outputDir: '../../test-results/e2e',
  timeout: 90_000,
  expect: { timeout: 20_000 },
  // Tests measure time, so they do not share the two cores.
  workers: 1,
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
  projects: [
    { name: 'wasm', testIgnore: '**/*.webgpu.test.ts', use: launch(quietArguments) },
    { name: 'webgpu', testMatch: '**/*.webgpu.test.ts', use: launch([...quietArguments, ...webgpuArguments]) },
  ],
  webServer: {
    command: `npx vite preview --base ${subPath}`,
    cwd: '../..',
    env: { NO_COLOR: '1', FORCE_COLOR: '0' },
    wait: { stdout: /localhost:(?<LAB_PORT>\d+)/ },
  },
});
