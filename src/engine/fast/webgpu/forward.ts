import { batchSize } from '../../../core/config.ts';
import type { Layout, Section } from './layout.ts';
import { at, type Part, type Tiling, unrolled } from './program.ts';

/** A fully connected layer of several rows. */
interface DenseLayer {
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
  // The last rows and columns may lie outside; those inside are then computed again and not stored.
  const readRow = (r: number) =>
    rowCount === undefined ? `first_row + ${r}u` : `min(first_row + ${r}u, ${rowCount} - 1u)`;
  const stored = (row: string, column: string, sums: string) =>
    `if (${column} < ${weights.width}u${rowCount === undefined ? '' : ` && ${row} < ${rowCount}`}) { ${store(row, column, sums)} }`;
  const bias = (column: string) => at(weights, `${4 * inputWidth}u`, column);
  const eachSum = (line: (r: number, c: number) => string) =>
    unrolled(rows, (r) => unrolled(columns, (c) => line(r, c)));
  const alone = eachSum(
    (r, c) => `{
    let row = first_row + ${r}u;
    let sums = sum${r}_${c} + ${bias(`column${c}`)};
    ${stored('row', `(column + ${c}u)`, 'sums')}
  }`,
  );
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
      ${unrolled(
        rows,
        (r) => `let x${r} = ${at(input, readRow(r), 'k')};
      ${unrolled(columns, (c) => `sum${r}_${c} += ${['x', 'y', 'z', 'w'].map((part, j) => `x${r}.${part} * w${c}_${j}`).join(' + ')};`)}`,
      )}
    }
  }
  ${splits > 1 ? together : alone}
}`,
  };
}

const vectors = Math.ceil(batchSize / 4);

/** Some rows of activations: the candidates, or the incoming batch. */
export interface RowSpan {
  readonly from: number;
  readonly count: number;
}

/** Products x_c · x_i of each of some rows with each incoming image; a thread does four of them. */
export function imageProducts({ work, widths }: Layout, { from, count }: RowSpan, threads: number): Part {
  const incoming = (j: number) => at(work.images, `min(4u * q + ${j}u, ${batchSize - 1}u)`, 'k');
  return {
    name: 'image_products',
    groups: Math.ceil((count * vectors) / threads),
    code: `
fn image_products(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let row = ${from}u + item / ${vectors}u;
  let q = item % ${vectors}u;
  if (row >= ${from + count}u) { return; }
  var sum = vec4f();
  for (var k = 0u; k < ${widths[0]}u; k++) {
    let x = ${at(work.images, 'row', 'k')};
    sum += vec4f(${[0, 1, 2, 3].map((j) => `dot(x, ${incoming(j)})`).join(', ')});
  }
  ${at(work.gram, 'row', 'q')} = sum;
}`,
  };
}

/**
 * The first layer of some rows after the virtual step. That step has the rank of the incoming batch, so
 * Z1' = Z1 − α (X_c X_inᵀ + 1) D1, and the new weights are never formed.
 */
export function virtualFirstLayer({ work, widths, record }: Layout, { from, count }: RowSpan, threads: number): Part {
  const width = widths[1];
  const factor = (i: number) => `(${at(work.gram, 'row', `${Math.floor(i / 4)}u`)}.${'xyzw'[i % 4]} + 1.0)`;
  return {
    name: 'virtual_first_layer',
    groups: Math.ceil((count * width) / threads),
    code: `
fn virtual_first_layer(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let row = ${from}u + item / ${width}u;
  let column = item % ${width}u;
  if (row >= ${from + count}u) { return; }
  var change = vec4f();
  ${unrolled(batchSize, (i) => `change += ${factor(i)} * ${at(work.d1, `${i}u`, 'column')};`)}
  let z = ${at(work.z1, 'row', 'column')} - bitcast<f32>(record[${record.rate}]) * change;
  ${at(work.h1V, 'row', 'column')} = max(z, vec4f());
}`,
  };
}

/** Positions of the highest scores, highest first; among equal scores the first comes first. */
export function rankScores({ record, report, shape }: Layout, threads: number): Part {
  return {
    name: 'rank_scores',
    groups: Math.ceil(shape.candidates / threads),
    code: `
fn score_of(candidate: u32) -> f32 {
  let bits = report[${report.scores}u + candidate];
  // Scores that are not numbers rank last, so that picks stay distinct.
  return select(bitcast<f32>(bits), -3.4e38, (bits & 0x7fffffffu) > 0x7f800000u);
}
fn rank_scores(group: u32, thread: u32) {
  let candidate = group * ${threads}u + thread;
  let count = record[${record.candidates}];
  if (candidate >= count) { return; }
  let own = score_of(candidate);
  var rank = 0u;
  for (var other = 0u; other < count; other++) {
    let score = score_of(other);
    if (score > own || (score == own && other < candidate)) { rank++; }
  }
  if (rank < record[${record.replayed}]) { report[${report.picks}u + rank] = candidate; }
}`,
  };
}
