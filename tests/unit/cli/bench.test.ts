import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { BenchmarkTiming } from '../../../src/core/timing.ts';
import { runWithVariables } from './commandProcess.ts';

const folder = mkdtempSync(join(tmpdir(), 'mir-lab-'));
const nowhere = join(folder, 'nowhere.json');
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs the benchmark where no machine has a graphics adapter. */
function bench(...argv: string[]) {
  return runWithVariables('bench', { VK_ICD_FILENAMES: nowhere, VK_DRIVER_FILES: nowhere }, ...argv);
}

it('times each contestant in a process of its own, and gives both figures as text and as JSON', async () => {
  const json = join(folder, 'bench.json');
  const { code, stdout, stderr } = await bench('--methods', 'fine-tune', '--steps', '10', '--json', json);
  expect([code, stderr]).toEqual([0, expect.stringMatching(/^fine-tune timed in \d+ s\n$/)]);
  expect(stdout).toMatch(/^fine-tune +engine +\d+\.\d{3} \([^)]+\) +\d+\.\d{3} \(/m);
  expect(stdout).toMatch(/^fine-tune, stock: 10 steps in \d+ blocks?, \d+ singly; /m);
  const { timings } = JSON.parse(readFileSync(json, 'utf8')) as { timings: BenchmarkTiming[] };
  for (const { steps, single, inRow, alive } of timings[0].contestants) {
    expect(steps).toBe(10);
    expect(Math.min(single.lower, inRow.lower)).toBeGreaterThan(0);
    expect(alive.after).toEqual(alive.before);
  }
  expect(timings[0].contestants.map(({ name }) => name)).toEqual(['engine', 'stock']);
});

it('passes on why a contestant’s process does not start', async () => {
  const { code, stderr } = await bench('--backend', 'webgpu', '--methods', 'fine-tune');
  expect(code).toBe(2);
  expect(stderr).toContain('--backend is "webgpu", but no graphics adapter is found; install a Vulkan driver');
});
