import { batchSize } from '../config.ts';
import type { Layout } from './layout.ts';
import { at, type Part, unrolled } from './program.ts';
import type { Tiling } from './tiling.ts';

/** Carries the gradient from the second hidden layer to the first, for the incoming or the replayed rows. */
export function backward(layout: Layout, which: 'incoming' | 'replayed', { threads, rows, splits }: Tiling): Part {
  const { work, weights, widths, shape, record } = layout;
  const [, outWidth, inWidth] = widths;
  const columns = threads / splits;
  const columnGroups = Math.ceil(outWidth / columns);
  const count = which === 'incoming' ? batchSize : Math.min(shape.budget, shape.candidates);
  const limit = which === 'incoming' ? `${batchSize}u` : `record[${record.replayed}]`;
  const rowOf = (index: string) => (which === 'incoming' ? index : `replayed_row(min(${index}, ${limit} - 1u), record[${record.byScore}] == 1u)`);
  const name = `backward_${which}`;
  const store = (index: string, row: string, sums: string) =>
    `if (${index} < ${limit}) { ${at(work.d1, row, 'column')} = select(vec4f(), ${sums}, ${at(work.h1, row, 'column')} > vec4f()); }`;
  const sums = `
  for (var n = split; n < ${inWidth}u; n += ${splits}u) {
    ${unrolled(4, (j) => `let w${j} = ${at(weights[1], `4u * column + ${j}u`, 'n')};`)}
    ${unrolled(rows, (r) => `let d${r} = ${at(work.d2, `row${r}`, 'n')};
    sum${r} += vec4f(dot(d${r}, w0), dot(d${r}, w1), dot(d${r}, w2), dot(d${r}, w3));`)}
  }`;
  const alone = `
  if (column >= ${outWidth}u) { return; }
  ${sums}
  ${unrolled(rows, (r) => store(`first + ${r}u`, `row${r}`, `sum${r}`))}`;
  const together = `
  if (column < ${outWidth}u) { ${sums} }
  ${unrolled(rows, (r) => `shared_sums[${r}u * ${threads}u + thread] = sum${r};`)}
  workgroupBarrier();
  for (var item = thread; item < ${rows * columns}u; item += ${threads}u) {
    let column = first_column + item % ${columns}u;
    if (column >= ${outWidth}u) { continue; }
    let index = first + item / ${columns}u;
    let row = ${rowOf('index')};
    var sums = vec4f();
    for (var s = 0u; s < ${splits}u; s++) { sums += shared_sums[item / ${columns}u * ${threads}u + item % ${columns}u * ${splits}u + s]; }
    ${store('index', 'row', 'sums')}
  }`;
  return {
    name,
    groups: columnGroups * Math.ceil(count / rows),
    ...(splits > 1 ? { shared: rows * threads } : {}),
    // Neighbouring threads share a sum, so that they read neighbouring numbers of a row of weights.
    code: `
fn ${name}(group: u32, thread: u32) {
  let first = group / ${columnGroups}u * ${rows}u;
  let first_column = group % ${columnGroups}u * ${columns}u;
  let column = first_column + thread / ${splits}u;
  let split = thread % ${splits}u;
  ${unrolled(rows, (r) => `let row${r} = ${rowOf(`first + ${r}u`)};
  var sum${r} = vec4f();`)}
  ${splits > 1 ? together : alone}
}`,
  };
}
