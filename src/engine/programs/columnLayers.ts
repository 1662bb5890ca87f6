import type * as tf from '@tensorflow/tfjs';
import { type Sharing, deviceSharing, dispatch, flat, flatIndex, type Input, type Output } from './dispatch.ts';
import { droppedCode, type Mask } from './draws.ts';

/**
 * A product of two matrices in one dispatch, whose factors are worked out where they are read and whose sums go on from
 * where they are made: transposes, masks, biases, activations and steps of training need no dispatches of their own.
 */
interface Product {
  readonly name: string;
  /** Of the result. */
  readonly rows: number;
  readonly columns: number;
  /** Products in each sum. */
  readonly depth: number;
  /** Products of this size side by side, whose code finds its own number in `plane`; left out for a single one. */
  readonly planes?: number;
  readonly outputs: Readonly<Record<string, Output['shape']>>;
  readonly inputs: Readonly<Record<string, Input['tensor']>>;
  /** WGSL functions that the other code calls. */
  readonly functions?: string;
  /** Lines that return the left factor at `row` and `k`. */
  readonly left: string;
  /** Lines that return the right factor at `k` and `column`. */
  readonly right: string;
  /** Lines run once for each `row` and `column` with their `sum`, which write the outputs. */
  readonly finish: string;
}

/** Rows and columns that a thread sums. */
const block = 4;
/** Rows and columns that a workgroup sums on hardware, and threads that have a part of all these sums. */
const tile = 16;
const threadsOfSlice = (tile / block) ** 2;
/** Products in a thread's part of a sum, about: fewer are not worth the adding up. */
const productsOfThread = 6;

/** Into how many slices a workgroup on hardware cuts each sum. */
function slicesOf(depth: number, { lanes }: Sharing): number {
  const most = Math.max(1, Math.floor(lanes / threadsOfSlice));
  const wanted = 2 ** Math.ceil(Math.log2(Math.max(2, depth / productsOfThread)));
  return Math.min(most, wanted);
}

/** @returns the outputs in their order */
export function product(work: Product, sharing: Sharing = deviceSharing()): tf.Tensor[] {
  const { name, rows, columns, depth, outputs, inputs } = work;
  const together = sharing.lanes > 1;
  const side = together ? tile : block;
  const tiles = Math.ceil(rows / side) * Math.ceil(columns / side) * (work.planes ?? 1);
  const slices = slicesOf(depth, sharing);
  const code = together ? togetherCode(work, slices) : aloneCode(work);
  return dispatch({
    // The code is its own key: it depends on nothing else.
    key: `${name}_${rows}_${columns}_${depth}\n${code}`,
    outputs: Object.fromEntries(Object.entries(outputs).map(([output, shape]) => [output, { shape }])),
    inputs: Object.fromEntries(Object.entries(inputs).map(([input, tensor]) => [input, { tensor }])),
    ...(together ? { groups: tiles, groupSize: threadsOfSlice * slices } : flat(tiles)),
    code: () => code,
  });
}

const upToBlock = Array.from({ length: block }, (_, index) => index);

function functionsOf({ planes, functions = '', left, right, finish }: Product): string {
  return `${planes === undefined ? '' : 'var<private> plane : u32;\n'}${functions}
fn left(row : u32, k : u32) -> f32 { ${left} }
fn right(k : u32, column : u32) -> f32 { ${right} }
fn finish(row : u32, column : u32, sum : f32) { ${finish} }`;
}

/** Lines that set `plane` and define a tile's `place` within it. */
function placeOf(place: string, tile: string, tiles: number, planes: number | undefined): string {
  if (planes === undefined) return `let ${place} = ${tile};`;
  return `plane = ${tile} / ${tiles}u;
  let ${place} = ${tile} % ${tiles}u;`;
}

/** Where a thread's rows and columns begin and how far they are apart, and which part of each sum it has. */
interface BlockPlace {
  readonly row: string;
  readonly column: string;
  readonly spread: number;
  readonly from: string;
  readonly step: number;
}

/**
 * Sums of a thread for `row0` to `row3` and `column0` to `column3`. What is read beyond the last row or column is that
 * row or column again; what comes of it is not written.
 */
function blockSums({ rows, columns, depth }: Product, at: BlockPlace): string {
  const { row, column, spread, from, step } = at;
  return `
  ${upToBlock.map((index) => `let row${index} = min(${row} + ${index * spread}u, ${rows - 1}u);`).join(' ')}
  ${upToBlock.map((index) => `let column${index} = min(${column} + ${index * spread}u, ${columns - 1}u);`).join(' ')}
  ${upToBlock.map((index) => `var sums${index} = vec4f();`).join(' ')}
  for (var k = ${from}; k < ${depth}u; k += ${step}u) {
    let factors = vec4f(${upToBlock.map((index) => `right(k, column${index})`).join(', ')});
    ${upToBlock.map((index) => `sums${index} += left(row${index}, k) * factors;`).join(' ')}
  }`;
}

/** A thread has sums for itself. */
function aloneCode(work: Product): string {
  const { rows, columns, planes } = work;
  const across = Math.ceil(columns / block);
  const tiles = Math.ceil(rows / block) * across;
  const finishes = upToBlock.flatMap((row) =>
    upToBlock.map(
      (column) =>
        `if (row + ${row}u < ${rows}u && column + ${column}u < ${columns}u) { finish(row + ${row}u, column + ${column}u, sums${row}[${column}]); }`,
    ),
  );
  return `
${functionsOf(work)}
fn run(group : u32, lane : u32) {
  ${flatIndex(tiles * (planes ?? 1))}
  ${placeOf('place', 'index', tiles, planes)}
  let row = place / ${across}u * ${block}u;
  let column = place % ${across}u * ${block}u;
  ${blockSums(work, { row: 'row', column: 'column', spread: 1, from: '0u', step: 1 })}
  ${finishes.join('\n  ')}
}`;
}

/**
 * A workgroup has a tile of sums; its threads share them out and cut each into slices, which they add up after they have
 * met once. Neighbours read neighbouring numbers, whichever way a matrix lies.
 */
function togetherCode(work: Product, slices: number): string {
  const { rows, columns, planes } = work;
  const across = Math.ceil(columns / tile);
  const tiles = Math.ceil(rows / tile) * across;
  const spread = tile / block;
  const size = tile * tile;
  const stores = upToBlock.flatMap((row) =>
    upToBlock.map((column) => `parts[place + ${row * spread * tile + column * spread}u] = sums${row}[${column}];`),
  );
  return `
var<workgroup> parts : array<f32, ${slices * size}>;
${functionsOf(work)}
fn run(group : u32, lane : u32) {
  ${placeOf('square', 'group', tiles, planes)}
  let top = square / ${across}u * ${tile}u;
  let start = square % ${across}u * ${tile}u;
  let ahead = lane % ${spread}u;
  let slice = lane / ${spread}u % ${slices}u;
  let down = lane / ${spread * slices}u;
  ${blockSums(work, { row: 'top + down', column: 'start + ahead', spread, from: 'slice', step: slices })}
  let place = slice * ${size}u + down * ${tile}u + ahead;
  ${stores.join(' ')}
  workgroupBarrier();
  for (var own = lane; own < ${size}u; own += ${threadsOfSlice * slices}u) {
    let row = top + own / ${tile}u;
    let column = start + own % ${tile}u;
    if (row < ${rows}u && column < ${columns}u) {
      var sum = 0.0;
      for (var part = own; part < ${slices * size}u; part += ${size}u) { sum += parts[part]; }
      finish(row, column, sum);
    }
  }
}`;
}

/** WGSL of what follows a layer. Each lets NaN through, and none overflows. */
export const activations = `
fn relu(x : f32) -> f32 { return select(x, 0.0, x < 0.0); }
fn sigmoid(x : f32) -> f32 {
  let e = exp(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}
// ln(1 + e), where e may be too small for the sum to hold it.
fn logOnePlus(e : f32) -> f32 {
  return select(log(1.0 + e), e * (1.0 - e * (0.5 - e * (1.0 / 3.0 - e * (0.25 - 0.2 * e)))), e < 0.05);
}
fn softplus(x : f32) -> f32 { return relu(x) + logOnePlus(exp(-abs(x))); }
`;

/** A fully connected layer: weights, [out, in], and biases, [out]. */
export interface Layer {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** Fully connected layers over activations in columns, one per image: a dispatch each, forward and backward. */
interface ColumnLayers {
  /** ReLU(W x + b), by what dropout multiplies it, [out, n]. */
  hidden(layer: Layer, columns: tf.Tensor, mask: Mask | undefined): tf.Tensor;
  /** W x + b of layers over the same x, one below another, [their outs, n]. */
  affine(layers: readonly [Layer] | readonly [Layer, Layer], columns: tf.Tensor): tf.Tensor;
  /** Back to what {@link hidden} gave and through it, by the gradient of what is behind the layers, one below another. */
  backThroughHidden(
    layers: readonly [Layer] | readonly [Layer, Layer],
    dOutput: tf.Tensor,
    units: tf.Tensor,
    mask: Mask | undefined,
  ): tf.Tensor;
  /**
   * Gradients of layers over the same x, whose outputs stand one below another.
   *
   * @param x in columns or, as images lie, in rows
   */
  gradient(outs: readonly [number] | readonly [number, number], dOutput: tf.Tensor, x: Activations): readonly Layer[];
}

/** Numbers of several images, one image in each column or row. */
export type Activations = { readonly columns: tf.Tensor } | { readonly rows: tf.Tensor };

/** Sizes and WGSL functions of one layer, or of two that stand one below another. */
export function stacked(layers: readonly [Layer] | readonly [Layer, Layer]) {
  const [first, second] = layers;
  const width = first.weight.shape[1] ?? 0;
  const firstOut = first.weight.shape[0];
  const beyond = (code: string) => (second === undefined ? '' : `if (row >= ${firstOut}u) { ${code} }`);
  return {
    /** Numbers that go into the layers, and that come out of them together. */
    width,
    out: firstOut + (second?.weight.shape[0] ?? 0),
    weights: { weight: first.weight, ...(second === undefined ? {} : { otherWeight: second.weight }) },
    biases: { bias: first.bias, ...(second === undefined ? {} : { otherBias: second.bias }) },
    weightAt: `fn weightAt(row : u32, column : u32) -> f32 {
  ${beyond(`return otherWeight[(row - ${firstOut}u) * ${width}u + column];`)}
  return weight[row * ${width}u + column];
}`,
    biasAt: `fn biasAt(row : u32) -> f32 {
  ${beyond(`return otherBias[row - ${firstOut}u];`)}
  return bias[row];
}`,
  };
}

export function columnLayers(sharing?: Sharing): ColumnLayers {
  return {
    hidden(layer, columns, mask) {
      const { out, width, weights, biases, weightAt, biasAt } = stacked([layer]);
      const count = countOf(columns);
      const dropped = droppedCode(mask);
      const [units] = product(
        {
          name: 'hidden',
          rows: out,
          columns: count,
          depth: width,
          outputs: { units: [out, count] },
          inputs: { ...weights, ...biases, x: columns, ...dropped.inputs },
          functions: activations + weightAt + biasAt + dropped.functions,
          left: 'return weightAt(row, k);',
          right: `return x[k * ${count}u + column];`,
          finish: `let at = row * ${count}u + column;
  units[at] = dropped(relu(sum + biasAt(row)), at);`,
        },
        sharing,
      );
      return units;
    },

    affine(layers, columns) {
      const { out, width, weights, biases, weightAt, biasAt } = stacked(layers);
      const count = countOf(columns);
      const [result] = product(
        {
          name: 'affine',
          rows: out,
          columns: count,
          depth: width,
          outputs: { result: [out, count] },
          inputs: { ...weights, ...biases, x: columns },
          functions: weightAt + biasAt,
          left: 'return weightAt(row, k);',
          right: `return x[k * ${count}u + column];`,
          finish: `result[row * ${count}u + column] = sum + biasAt(row);`,
        },
        sharing,
      );
      return result;
    },

    backThroughHidden(layers, dOutput, units, mask) {
      const { out, width, weights, weightAt } = stacked(layers);
      const count = countOf(dOutput);
      const dropped = droppedCode(mask);
      const [d] = product(
        {
          name: 'backThroughHidden',
          rows: width,
          columns: count,
          depth: out,
          outputs: { d: [width, count] },
          inputs: { ...weights, dOutput, units, ...dropped.inputs },
          functions: weightAt + dropped.functions,
          left: 'return weightAt(k, row);',
          right: `return dOutput[k * ${count}u + column];`,
          // A dropped unit is 0 as one is where ReLU is shut.
          finish: `let at = row * ${count}u + column;
  d[at] = select(0.0, dropped(sum, at), units[at] > 0.0);`,
        },
        sharing,
      );
      return d;
    },

    gradient(outs, dOutput, x) {
      const count = countOf(dOutput);
      const [width, at] =
        'columns' in x
          ? [x.columns.shape[0], (image: string, unit: string) => `x[${unit} * ${count}u + ${image}]`]
          : [x.rows.shape[1] ?? 0, (image: string, unit: string) => `x[${image} * ${width}u + ${unit}]`];
      const [firstOut, secondOut] = outs;
      const enter = (weight: string, bias: string, from: number) => `
    if (column < ${width}u) { ${weight}[(row - ${from}u) * ${width}u + column] = sum; } else { ${bias}[row - ${from}u] = sum; }`;
      const [weight, bias, otherWeight, otherBias] = product(
        {
          name: 'layerGradient',
          rows: firstOut + (secondOut ?? 0),
          // The bias is the weight of an input that is always 1.
          columns: width + 1,
          depth: count,
          outputs: {
            weight: [firstOut, width],
            bias: [firstOut],
            ...(secondOut === undefined ? {} : { otherWeight: [secondOut, width], otherBias: [secondOut] }),
          },
          inputs: { dOutput, x: 'columns' in x ? x.columns : x.rows },
          left: `return dOutput[row * ${count}u + k];`,
          right: `if (column == ${width}u) { return 1.0; } return ${at('k', 'column')};`,
          finish:
            secondOut === undefined
              ? enter('weight', 'bias', 0)
              : `if (row < ${firstOut}u) { ${enter('weight', 'bias', 0)} } else { ${enter('otherWeight', 'otherBias', firstOut)} }`,
        },
        sharing,
      );
      return secondOut === undefined
        ? [{ weight, bias }]
        : [
            { weight, bias },
            { weight: otherWeight, bias: otherBias },
          ];
    },
  };
}

function countOf(columns: tf.Tensor): number {
  return columns.shape[1] ?? 0;
}
