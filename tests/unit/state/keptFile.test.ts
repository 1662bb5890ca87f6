import { describe, expect, it } from 'vitest';
import { runKey } from '../../../src/core/paperTable.ts';
import type { StoredRun } from '../../../src/core/storedRun.ts';
import { keptFileText, readKeptFile } from '../../../src/state/keptFile.ts';
import { finishedRun } from './finishedRun.ts';

const byKey = (...runs: StoredRun[]) => new Map(runs.map((run) => [runKey(run.config), run]));
const file = (text: string) => new File([text], 'b.json');
const [first, second] = [finishedRun({ seed: 1 }), finishedRun({ seed: 2 })];

describe('a file of all finished runs', () => {
  it('gives back the same runs, and counts those that are here already', async () => {
    const text = keptFileText([first, second]);
    expect(await readKeptFile(file(text), new Map())).toEqual({
      kind: 'runs',
      runs: [first, second],
      known: 0,
      labRuns: [],
    });
    expect(await readKeptFile(file(text), byKey(first))).toEqual({
      kind: 'runs',
      runs: [second],
      known: 1,
      labRuns: [],
    });
  });

  it('is refused with both values where it contradicts what is here, or is of another version', async () => {
    const other = finishedRun({ seed: 1 }, { averageAccuracy: 0.8 });
    const refused = await readKeptFile(file(keptFileText([other])), byKey(first));
    expect(refused).toMatchObject({
      kind: 'refused',
      text: expect.stringMatching(/b\.json has averageAccuracy 0\.8 for er .* seed 1, this browser has 0\.7/) as string,
    });
    const old = await readKeptFile(file(keptFileText([finishedRun({}, { version: '0.0.1' })])), byKey(first));
    expect(old).toMatchObject({ kind: 'refused', text: expect.stringContaining('version "0.0.1"') as string });
  });

  it('asks before it mixes backends or data', async () => {
    const webgpu = finishedRun({ seed: 2 }, { backend: 'webgpu' });
    expect(await readKeptFile(file(keptFileText([webgpu])), byKey(first))).toEqual({
      kind: 'mixes',
      runs: [webgpu],
      known: 0,
      labRuns: [],
      text: 'backend is wasm in this browser, webgpu in b.json',
    });
    const elsewhere = finishedRun({ method: 'er', scenario: 'permuted-mnist' }, { backend: 'webgpu' });
    expect((await readKeptFile(file(keptFileText([elsewhere])), byKey(first))).kind).toBe('runs');
  });

  it.each([
    ['', 'is not JSON'],
    ['{}', 'is no file of finished runs'],
    [
      JSON.stringify({ format: 'mir-lab-finished-runs', formatVersion: 1, runs: Array(1_000_000).fill(0) }),
      '1,000,000 runs',
    ],
    [keptFileText([first, { ...second, averageAccuracy: 7 }]), 'run 2 of 2 is not whole (averageAccuracy'],
    [keptFileText([{ ...first, curve: Array(1_000_000).fill({}) as [] }]), 'a list has more than 5,000 entries'],
  ])('that is none, or not whole, is refused by name, quickly: %#', async (text, words) => {
    const before = process.cpuUsage();
    const reading = await readKeptFile(file(text), byKey(first));
    expect(reading).toMatchObject({ kind: 'refused', text: expect.stringContaining(words) as string });
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(2);
  });
});
