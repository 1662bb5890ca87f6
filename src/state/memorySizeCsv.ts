import Papa from 'papaparse';
import type { Interval } from '../engine/metrics.ts';
import { memoryBytes } from './memoryBytes.ts';
import type { MemorySizeCurve } from './memorySizeCurves.ts';

/**
 * Figure 4 as CSV (RFC 4180): one line per method and memory size that has a finished run, with a header. Accuracy
 * and forgetting are means over n seeds, fractions in full precision, each with the half-width of its 95% interval;
 * bytes are those of the full memory, and of as many images.
 */
export function memorySizeCsv(curves: readonly MemorySizeCurve[]): string {
  const estimate = (value: Interval | null) => [value?.mean ?? null, value?.halfWidth95 ?? null];
  const header = [
    ...['method', 'latents', 'memoryPerClass', 'n', 'seeds'],
    ...['averageAccuracy', 'averageAccuracyHalfWidth95', 'averageForgetting', 'averageForgettingHalfWidth95'],
    ...['latentBytes', 'imageBytes', 'imageBytesAsFloats'],
  ];
  const rows = curves.flatMap(({ method, points }) =>
    points
      .filter(({ line }) => line.seeds.length > 0)
      .map(({ capacity, line: { row, seeds, accuracy, forgetting } }) => {
        const bytes = memoryBytes(row.config);
        return [
          ...[method, capacity, row.config.memoryPerClass, seeds.length, seeds.join(' ')],
          ...estimate(accuracy),
          ...estimate(forgetting),
          ...[bytes.latents, bytes.imagesAsBytes, bytes.imagesAsFloats],
        ];
      }),
  );
  return `${Papa.unparse([header, ...rows], { newline: '\r\n' })}\r\n`;
}
