import Papa from 'papaparse';
import { describe, expect, it } from 'vitest';
import type { MethodName } from '../../../../src/core/methods.ts';
import { runKey, runOf, tableLines } from '../../../../src/core/paperTable.ts';
import type { StoredRun } from '../../../../src/core/storedRun.ts';
import { memorySizeCsv, memorySizeCurves, seedCountText } from '../../../../src/ui/experiments/MemorySizeCurves.tsx';
import { rowsOf } from '../../../../src/state/sweepPlan.ts';
import { finishedRun } from '../../state/finishedRun.ts';

const rows = rowsOf('figure-4');

function run(
  method: MethodName,
  memoryPerClass: number,
  seed: number,
  averageAccuracy: number,
  averageForgetting: number | null,
): StoredRun {
  const row = rows.find(({ config }) => config.method === method && config.memoryPerClass === memoryPerClass);
  if (row === undefined) throw new Error(`Figure 4 has no ${method} with ${memoryPerClass} latents a class.`);
  return finishedRun(runOf(row, seed), { averageAccuracy, averageForgetting });
}

function curvesOf(runs: readonly StoredRun[]) {
  const found = new Map(runs.map((each) => [runKey(each.config), each]));
  return memorySizeCurves(tableLines(rows, [0, 1, 2], (key) => found.get(key)));
}

const runs = [
  run('ae-er', 100, 0, 0.2, 0.5),
  run('ae-er', 100, 1, 0.3, 0.3),
  run('ae-er', 1_000, 2, 0.4, 0.1),
  run('ae-mir', 500, 0, 0.25, 0.45),
  // Of no seed that counts.
  run('ae-mir', 500, 7, 0.9, 0),
];

describe('Figure 4 by memory size', () => {
  it('is a curve for each method, over the numbers of latents in all', () => {
    const curves = curvesOf([]);
    expect(curves.map(({ label }) => label)).toEqual(['AE-ER', 'AE-MIR']);
    for (const { points } of curves) {
      expect(points.map(({ capacity }) => capacity)).toEqual([1_000, 5_000, 10_000]);
      expect(points.every(({ line }) => line.accuracy === null && line.forgetting === null)).toBe(true);
    }
    expect(curves.map(seedCountText)).toEqual(['0', '0']);
  });

  it('averages the finished seeds of each point, with the interval of their mean', () => {
    const [er, mir] = curvesOf(runs);
    const [small, middle, large] = er.points.map(({ line }) => line);
    expect(small.accuracy).toMatchObject({ n: 2, mean: 0.25 });
    // t(0.975, 1) = 12.7062; the standard deviations of the means are 0.05 and 0.1.
    expect(small.accuracy?.halfWidth95).toBeCloseTo(0.63531, 4);
    expect(small.forgetting?.mean).toBeCloseTo(0.4, 12);
    expect(small.forgetting?.halfWidth95).toBeCloseTo(1.27062, 4);
    expect(middle.accuracy).toBeNull();
    expect(large.accuracy).toEqual({ n: 1, mean: 0.4, halfWidth95: null });
    expect(mir.points.map(({ line }) => line.seeds)).toEqual([[], [0], []]);
    expect([er, mir].map(seedCountText)).toEqual(['1–2', '1']);
  });

  it('comes from the smallest memory to the largest, in whatever order the rows are', () => {
    const lines = tableLines([...rows].reverse(), [0], () => undefined);
    expect(
      memorySizeCurves(lines).map(({ method, points }) => [method, ...points.map(({ capacity }) => capacity)]),
    ).toEqual([
      ['ae-mir', 1_000, 5_000, 10_000],
      ['ae-er', 1_000, 5_000, 10_000],
    ]);
  });

  it('leaves as CSV with a line for each point that has a run', () => {
    const text = memorySizeCsv(curvesOf(runs));
    const { data, errors } = Papa.parse<Record<string, string>>(text, { header: true, skipEmptyLines: true });
    expect(errors).toEqual([]);
    expect(data.map(({ method, latents, n, seeds }) => [method, latents, n, seeds])).toEqual([
      ['ae-er', '1000', '2', '0 1'],
      ['ae-er', '10000', '1', '2'],
      ['ae-mir', '5000', '1', '0'],
    ]);
    expect(data[0]).toMatchObject({
      memoryPerClass: '100',
      averageAccuracy: '0.25',
      latentBytes: '1280000',
      imageBytes: '3072000',
      imageBytesAsFloats: '12288000',
    });
    expect(Number(data[0]['averageForgettingHalfWidth95'])).toBeCloseTo(1.27062, 4);
    expect(data[1]).toMatchObject({ averageAccuracy: '0.4', averageAccuracyHalfWidth95: '', averageForgetting: '0.1' });
    expect(memorySizeCsv(curvesOf([]))).toMatch(/^method,latents,[^\r\n]+\r\n$/);
  });
});
