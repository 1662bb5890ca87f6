import { batchSize } from '../../../core/config.ts';
import { type Layout, type Section, at, type Part, type Tiling, unrolled } from './layout.ts';

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

/** Carries the gradient from the second hidden layer to the first, for the incoming or the replayed rows. */
export function backward(layout: Layout, which: 'incoming' | 'replayed', { threads, rows, splits }: Tiling): Part {
  const { work, weights, widths, shape, record } = layout;
  const [, outWidth, inWidth] = widths;
  const columns = threads / splits;
  const columnGroups = Math.ceil(outWidth / columns);
  const count = which === 'incoming' ? batchSize : Math.min(shape.budget, shape.candidates);
  const limit = which === 'incoming' ? `${batchSize}u` : `record[${record.replayed}]`;
  const rowOf = (index: string) =>
    which === 'incoming' ? index : `replayed_row(min(${index}, ${limit} - 1u), record[${record.byScore}] == 1u)`;
  const name = `backward_${which}`;
  const store = (index: string, row: string, sums: string) =>
    `if (${index} < ${limit}) { ${at(work.d1, row, 'column')} = select(vec4f(), ${sums}, ${at(work.h1, row, 'column')} > vec4f()); }`;
  const sums = `
  for (var n = split; n < ${inWidth}u; n += ${splits}u) {
    ${unrolled(4, (j) => `let w${j} = ${at(weights[1], `4u * column + ${j}u`, 'n')};`)}
    ${unrolled(
      rows,
      (r) => `let d${r} = ${at(work.d2, `row${r}`, 'n')};
    sum${r} += vec4f(dot(d${r}, w0), dot(d${r}, w1), dot(d${r}, w2), dot(d${r}, w3));`,
    )}
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
  ${unrolled(
    rows,
    (r) => `let row${r} = ${rowOf(`first + ${r}u`)};
  var sum${r} = vec4f();`,
  )}
  ${splits > 1 ? together : alone}
}`,
  };
}

/** One layer's W ← W − α Σ xᵀ d. */
interface WeightStep {
  readonly name: string;
  /** x, the input of the layer. */
  readonly input: Section;
  /** d, the gradient with respect to the output of the layer. */
  readonly gradient: Section;
  readonly from: Section;
  readonly to: Section;
  /** Whether the replayed rows count as well as the incoming ones. */
  readonly replayed: boolean;
}

/** A step of one layer's weights and biases; a thread does a block of weights. */
export function weightStep({ record }: Layout, step: WeightStep, { threads, weightBlock }: Tiling): Part {
  const { name, input, gradient, from, to } = step;
  const [inputs, outputs] = weightBlock;
  const inputGroups = Math.ceil(input.width / inputs);
  const outputGroups = Math.ceil(to.width / outputs);
  // A block may reach beyond the edge; what lies outside is not stored.
  const within = (index: string, width: number, count: number) =>
    width % count === 0 ? index : `min(${index}, ${width - 1}u)`;
  const guarded = (conditions: readonly (string | null)[], code: string) => {
    const needed = conditions.filter((condition) => condition !== null);
    return needed.length === 0 ? code : `if (${needed.join(' && ')}) { ${code} }`;
  };
  const kInside = (i: number) => (input.width % inputs === 0 ? null : `k + ${i}u < ${input.width}u`);
  const nInside = (o: number) => (to.width % outputs === 0 ? null : `n + ${o}u < ${to.width}u`);
  const over = (body: (row: string) => string) => `
    for (var i = 0u; i < incoming; i++) { ${body('i')} }
    ${step.replayed ? `for (var j = 0u; j < replayed; j++) { let row = replayed_row(j, by_score); ${body('row')} }` : ''}`;
  const eachInput = (line: (i: number) => string) => unrolled(inputs, line);
  const eachOutput = (line: (o: number) => string) => unrolled(outputs, line);
  const gradients = (row: string) =>
    eachOutput((o) => `let d${o} = ${at(gradient, row, within(`n + ${o}u`, to.width, outputs))};`);
  return {
    name,
    groups: Math.ceil(((inputGroups + 1) * outputGroups) / threads),
    code: `
fn ${name}(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let n = item % ${outputGroups}u * ${outputs}u;
  let k = item / ${outputGroups}u * ${inputs}u;
  let rate = bitcast<f32>(record[${record.rate}]);
  let incoming = record[${record.incoming}];
  let replayed = record[${record.replayed}];
  let by_score = record[${record.byScore}] == 1u;
  if (k < ${inputGroups * inputs}u) {
    ${eachInput((i) => eachOutput((o) => unrolled(4, (j) => `var sum${i}${o}${j} = vec4f();`)))}
    ${over(
      (row) => `
      ${gradients(row)}
      ${eachInput(
        (i) => `let x${i} = ${at(input, row, within(`k + ${i}u`, input.width, inputs))};
      ${eachOutput((o) => ['x', 'y', 'z', 'w'].map((part, j) => `sum${i}${o}${j} += x${i}.${part} * d${o};`).join('\n'))}`,
      )}`,
    )}
    ${eachInput((i) =>
      eachOutput((o) => {
        const place = (section: Section, j: number) => at(section, `4u * (k + ${i}u) + ${j}u`, `n + ${o}u`);
        return guarded(
          [kInside(i), nInside(o)],
          unrolled(4, (j) => `${place(to, j)} = ${place(from, j)} - rate * sum${i}${o}${j};`),
        );
      }),
    )}
  } else if (k == ${inputGroups * inputs}u) {
    ${eachOutput((o) => `var sum${o} = vec4f();`)}
    ${over((row) => `${gradients(row)} ${eachOutput((o) => `sum${o} += d${o};`)}`)}
    ${eachOutput((o) => {
      const place = (section: Section) => at(section, `${4 * input.width}u`, `n + ${o}u`);
      return guarded([nInside(o)], `${place(to)} = ${place(from)} - rate * sum${o};`);
    })}
  }
}`,
  };
}

/** Starts l* of newly stored samples at their loss as incoming ones. */
export function insertBestLosses({ record, report }: Layout): Part {
  return {
    name: 'insert_best_losses',
    groups: 1,
    code: `
fn insert_best_losses(_group: u32, thread: u32) {
  if (thread >= min(record[${record.insertions}], ${batchSize}u)) { return; }
  let position = record[${record.insertedPositions}u + thread];
  best[record[${record.insertedSlots}u + thread]] = bitcast<f32>(report[${report.losses}u + position]);
}`,
  };
}
