import type * as tf from '@tensorflow/tfjs';
import { deviceSharing, dispatch, flat, flatIndex, type Input, type Output, type Sharing } from './dispatch.ts';

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
