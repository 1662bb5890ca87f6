import type { MethodName } from '../engine/config.ts';
import type { TableLine } from '../engine/paperTable.ts';
import { memoryCapacity } from './memoryBytes.ts';

/** A row of Figure 4: a method with a memory of one size. */
export interface MemorySizePoint {
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

/** The lines of Figure 4 as one curve for each method, in the order in which the methods come. */
export function memorySizeCurves(lines: readonly TableLine[]): MemorySizeCurve[] {
  const methods = [...new Set(lines.map(({ row }) => row.config.method))];
  return methods.map((method) => {
    const own = lines.filter(({ row }) => row.config.method === method);
    const points = own.map((line) => ({ capacity: memoryCapacity(line.row.config), line }));
    return { method, label: own[0].row.label, points: points.sort((one, other) => one.capacity - other.capacity) };
  });
}

/** Over how many seeds the points of a curve are means: "3", "2–3", or "0". */
export function seedCountText({ points }: MemorySizeCurve): string {
  const counts = points.map(({ line }) => line.seeds.length).filter((count) => count > 0);
  if (counts.length === 0) return '0';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${least}` : `${least}–${most}`;
}
