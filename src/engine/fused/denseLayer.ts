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

/** x W + b. A thread computes a few columns of several rows, or a share of their sums. */
export function denseLayer(layer: DenseLayer, { threads, rows, columns, splits }: Tiling): Part {
  const { name, input, weights, inputWidth, rowCount, store } = layer;
  const places = threads / splits;
  const columnsOfGroup = places * columns;
  const columnGroups = Math.ceil(weights.width / columnsOfGroup);
  // The last rows and columns may lie outside; then others are computed again, and not stored.
  const readRow = (r: number) => (rowCount === undefined ? `first_row + ${r}u` : `min(first_row + ${r}u, ${rowCount} - 1u)`);
  const stored = (row: string, column: string, sums: string) =>
    `if (${column} < ${weights.width}u${rowCount === undefined ? '' : ` && ${row} < ${rowCount}`}) { ${store(row, column, sums)} }`;
  const bias = (column: string) => at(weights, `${4 * inputWidth}u`, column);
  const eachSum = (line: (r: number, c: number) => string) => unrolled(rows, (r) => unrolled(columns, (c) => line(r, c)));
  const alone = eachSum((r, c) => `{
    let row = first_row + ${r}u;
    let sums = sum${r}_${c} + ${bias(`column${c}`)};
    ${stored('row', `(column + ${c}u)`, 'sums')}
  }`);
  const together = `
  ${eachSum((r, c) => `shared_sums[((${r}u * ${places}u + place) * ${columns}u + ${c}u) * ${splits}u + split] = sum${r}_${c};`)}
  workgroupBarrier();
  for (var item = thread; item < ${rows * columnsOfGroup}u; item += ${threads}u) {
    let row = first_row + item / ${columnsOfGroup}u;
    let column = first_column + item % ${columnsOfGroup}u;
    var sums = ${bias(`min(column, ${weights.width - 1}u)`)};
    for (var s = 0u; s < ${splits}u; s++) { sums += shared_sums[item * ${splits}u + s]; }
    ${stored('row', 'column', 'sums')}
  }`;
  return {
    name,
    groups: columnGroups * Math.ceil(layer.rows / rows),
    ...(splits > 1 ? { shared: rows * columns * threads } : {}),
    code: `
fn ${name}(group: u32, thread: u32) {
  let first_row = group / ${columnGroups}u * ${rows}u;
  let first_column = group % ${columnGroups}u * ${columnsOfGroup}u;
  let place = thread % ${places}u;
  let split = thread / ${places}u;
  let column = first_column + place * ${columns}u;
  ${unrolled(columns, (c) => `let column${c} = min(column + ${c}u, ${weights.width - 1}u);`)}
  ${eachSum((r, c) => `var sum${r}_${c} = vec4f();`)}
  if (column < ${weights.width}u) {
    for (var k = split; k < ${inputWidth}u; k += ${splits}u) {
      ${unrolled(columns, (c) => unrolled(4, (j) => `let w${c}_${j} = ${at(weights, `4u * k + ${j}u`, `column${c}`)};`))}
      ${unrolled(rows, (r) => `let x${r} = ${at(input, readRow(r), 'k')};
      ${unrolled(columns, (c) => `sum${r}_${c} += ${['x', 'y', 'z', 'w'].map((part, j) => `x${r}.${part} * w${c}_${j}`).join(' + ')};`)}`)}
    }
  }
  ${splits > 1 ? together : alone}
}`,
  };
}
