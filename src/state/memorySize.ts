import Papa from 'papaparse';
import type { MethodName } from '../core/methods.ts';
import { memoryBytes, memoryCapacity } from '../core/memoryBytes.ts';
import type { Interval } from '../core/metrics.ts';
import type { TableLine } from '../core/paperTable.ts';

/** A row of Figure 4: a method with a memory of one size. */
interface MemorySizePoint {
  /** Latents in all. */
  readonly capacity: number;
  readonly line: TableLine;
}

/** A method over the sizes of its memory. */
export interface MemorySizeCurve {
  readonly method: MethodName;
  readonly label: string;
  /** From the smallest memory to the largest; those without a finished run too. */
  readonly points: readonly MemorySizePoint[];
}

/** The lines of Figure 4 as one curve for each method, in the order of the methods. */
export function memorySizeCurves(lines: readonly TableLine[]): MemorySizeCurve[] {
  const methods = [...new Set(lines.map(({ row }) => row.config.method))];
  return methods.map((method) => {
    const own = lines.filter(({ row }) => row.config.method === method);
    const points = own.map((line) => ({ capacity: memoryCapacity(line.row.config), line }));
    return { method, label: own[0].row.label, points: points.sort((one, other) => one.capacity - other.capacity) };
  });
}

/** The number of seeds in the points of a curve: "3", "2–3", or "0". */
export function seedCountText({ points }: MemorySizeCurve): string {
  const counts = points.map(({ line }) => line.seeds.length).filter((count) => count > 0);
  if (counts.length === 0) return '0';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${least}` : `${least}–${most}`;
}

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
