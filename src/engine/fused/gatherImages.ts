import type { Layout } from './layout.ts';
import { at, type Part } from './program.ts';

/** Fetches the images of all rows and turns bytes into numbers; zeros pad them. */
export function gatherImages({ work, widths, record, shape }: Layout, rows: number, range: readonly [number, number], threads: number): Part {
  const width = widths[0];
  const [low, high] = range;
  const used = shape.layers[0] - 4 * (width - 1);
  const padding = `select(vec4f(), pixels, vec4u(0u, 1u, 2u, 3u) < vec4u(${used}u))`;
  return {
    name: 'gather_images',
    groups: Math.ceil((rows * width) / threads),
    code: `
fn gather_images(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let row = item / ${width}u;
  let k = item % ${width}u;
  if (row >= ${rows}u) { return; }
  let word = images[record[${record.imageOf}u + row] * ${width + 1}u + k];
  let pixels = ${low.toFixed(9)} + ${(high - low).toFixed(9)} * unpack4x8unorm(word);
  ${at(work.images, 'row', 'k')} = ${used === 4 ? 'pixels' : `select(pixels, ${padding}, k == ${width - 1}u)`};
}`,
  };
}
