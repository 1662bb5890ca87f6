import type { Section } from './layout.ts';
import { at, unrolled, type Part } from './program.ts';
import type { Tiling } from './tiling.ts';

/** A fully connected layer of several rows. */
export interface DenseLayer {
  readonly name: string;
  /** x, [rows, in] */
  readonly input: Section;
  readonly weights: Section;
  readonly inputWidth: number;
  readonly rows: number;
  /** WGSL that stores four sums of a row; the three are names of variables. */
  readonly store: (row: string, column: string, sums: string) => string;
  /** WGSL for the number of rows, where only the dispatch knows it. */
  readonly rowCount?: string;
}

/** x W + b. A thread computes four columns of several rows, or a share of their sums. */
export function denseLayer(layer: DenseLayer, { threads, rows, splits }: Tiling): Part {
  const { name, input, weights, inputWidth, rowCount, store } = layer;
  const columns = threads / splits;
  const columnGroups = Math.ceil(weights.width / columns);
  const readRow = (index: number) => (rowCount === undefined ? `first_row + ${index}u` : `min(first_row + ${index}u, ${rowCount} - 1u)`);
  const guarded = (code: string) => (rowCount === undefined ? code : `if (row < ${rowCount}) { ${code} }`);
  const bias = at(weights, `${4 * inputWidth}u`, 'column');
  const sums = `
  var k = split;
  loop {
    if (k >= ${inputWidth}u) { break; }
    ${unrolled(4, (j) => `let w${j} = ${at(weights, `4u * k + ${j}u`, 'column')};`)}
    ${unrolled(rows, (r) => `let x${r} = ${at(input, readRow(r), 'k')};
    sum${r} += x${r}.x * w0 + x${r}.y * w1 + x${r}.z * w2 + x${r}.w * w3;`)}
    k += ${splits}u;
  }`;
  const alone = `
  if (column >= ${weights.width}u) { return; }
  ${sums}
  let bias = ${bias};
  ${unrolled(rows, (r) => `{ let row = first_row + ${r}u; let sums = sum${r} + bias; ${guarded(store('row', 'column', 'sums'))} }`)}`;
  const together = `
  if (column < ${weights.width}u) { ${sums} }
  ${unrolled(rows, (r) => `shared_sums[(${r * splits}u + split) * ${columns}u + place] = sum${r};`)}
  workgroupBarrier();
  for (var item = thread; item < ${rows * columns}u; item += ${threads}u) {
    let row = first_row + item / ${columns}u;
    let column = first_column + item % ${columns}u;
    if (column >= ${weights.width}u) { continue; }
    var sums = ${bias};
    for (var s = 0u; s < ${splits}u; s++) { sums += shared_sums[(item / ${columns}u * ${splits}u + s) * ${columns}u + item % ${columns}u]; }
    ${guarded(store('row', 'column', 'sums'))}
  }`;
  return {
    name,
    groups: columnGroups * Math.ceil(layer.rows / rows),
    ...(splits > 1 ? { shared: rows * threads } : {}),
    code: `
fn ${name}(group: u32, thread: u32) {
  let first_row = group / ${columnGroups}u * ${rows}u;
  let first_column = group % ${columnGroups}u * ${columns}u;
  let place = thread % ${columns}u;
  let split = thread / ${columns}u;
  let column = first_column + place;
  ${unrolled(rows, (r) => `var sum${r} = vec4f();`)}
  ${splits > 1 ? together : alone}
}`,
  };
}
