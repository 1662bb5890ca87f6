import type * as tf from '@tensorflow/tfjs';
import {
  type KernelCall,
  replaceKernel,
  holdsFloats,
  runProgram,
  type WebgpuProgram,
} from '../../../src/engine/programs/runProgram.ts';

/** A product of two matrices, op(A) [m, k] · op(B) [k, n]. */
interface MatMulShape {
  readonly m: number;
  readonly k: number;
  readonly n: number;
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

/** Rows and columns of the product that a thread computes. */
const [tileRows, tileColumns] = [8, 4];

/**
 * A product without barriers and without shared memory, whose threads hold a tile each: on a graphics card that the
 * processor imitates, many times faster than the stock one.
 */
function matMulProgram(shape: MatMulShape): WebgpuProgram {
  const { m, k, n, transposeA, transposeB } = shape;
  const fours = k % 4 === 0;
  const [wideA, wideB, wideOut] = [(transposeA ? m : k) % 4 === 0, (transposeB ? k : n) % 4 === 0, n % 4 === 0];
  const rows = Array.from({ length: tileRows }, (_, row) => row);
  const depth = Array.from({ length: fours ? 4 : 1 }, (_, step) => step);
  const columns = Array.from({ length: tileColumns }, (_, column) => column);

  // Beyond the edge the last row or column is read again; what comes of it is not written.
  const row = (r: number) => `min(row + ${r}, uniforms.m - 1)`;
  const column = (c: number) => `min(column + ${c}, uniforms.n - 1)`;
  const readA = (at: string) =>
    wideA ? `A[(${at}) / 4]` : `vec4f(A[${at}], A[${at} + 1], A[${at} + 2], A[${at} + 3])`;

  /** a{r}_{d}: rows of op(A) at each of the depths. */
  const loadA = !transposeA
    ? rows.map((r) =>
        fours ? `let a${r} = ${readA(`${row(r)} * uniforms.k + k`)};` : `let a${r}_0 = A[${row(r)} * uniforms.k + k];`,
      )
    : depth.map((d) =>
        wideA
          ? [0, 4]
              .map((r) => `let a_${d}_${r} = A[((k + ${d}) * uniforms.m + min(row + ${r}, uniforms.m - 4)) / 4];`)
              .join('\n')
          : rows.map((r) => `let a${r}_${d} = A[(k + ${d}) * uniforms.m + ${row(r)}];`).join('\n'),
      );
  const a = (r: number, d: number) => {
    if (transposeA && wideA) return `a_${d}_${r < 4 ? 0 : 4}[${r % 4}]`;
    return !transposeA && fours ? `a${r}[${d}]` : `a${r}_${d}`;
  };

  /** b{d}: four columns of op(B) at each of the depths. */
  const loadB = !transposeB
    ? depth.map(
        (d) =>
          `let b${d} = ${wideB ? `B[((k + ${d}) * uniforms.n + column) / 4]` : `vec4f(${columns.map((c) => `B[(k + ${d}) * uniforms.n + ${column(c)}]`).join(', ')})`};`,
      )
    : fours
      ? [
          ...columns.map((c) => `let c${c} = B[(${column(c)} * uniforms.k + k) / 4];`),
          ...depth.map((d) => `let b${d} = vec4f(${columns.map((c) => `c${c}[${d}]`).join(', ')});`),
        ]
      : [`let b0 = vec4f(${columns.map((c) => `B[${column(c)} * uniforms.k + k]`).join(', ')});`];

  const write = rows.map((r) => {
    const at = `(row + ${r}) * uniforms.n + column`;
    const stores = wideOut
      ? `result[(${at}) / 4] = sum${r};`
      : columns.map((c) => `if (column + ${c} < uniforms.n) { result[${at} + ${c}] = sum${r}[${c}]; }`).join(' ');
    return `if (row + ${r} < uniforms.m) { ${stores} }`;
  });

  const code = `
fn main(index : i32) {
  let strips = (uniforms.n + ${tileColumns - 1}) / ${tileColumns};
  let row = index / strips * ${tileRows};
  let column = index % strips * ${tileColumns};
  if (row >= uniforms.m) { return; }
  ${rows.map((r) => `var sum${r} = vec4f();`).join(' ')}
  for (var k = 0; k < uniforms.k; k += ${depth.length}) {
    ${[...loadA, ...loadB].join('\n    ')}
    ${rows.map((r) => `sum${r} += ${depth.map((d) => `${a(r, d)} * b${d}`).join(' + ')};`).join('\n    ')}
  }
  ${write.join('\n  ')}
}`;
  return {
    key: `matMul_${[transposeA, transposeB, fours, wideA, wideB, wideOut].map(Number).join('')}`,
    inputs: ['A', 'B'],
    components: [wideA ? 4 : 1, wideB ? 4 : 1],
    outputComponents: wideOut ? 4 : 1,
    outputShape: [m, n],
    threads: Math.ceil(m / tileRows) * Math.ceil(n / tileColumns),
    uniforms: 'm : i32, k : i32, n : i32,',
    values: [
      { type: 'int32', data: [m] },
      { type: 'int32', data: [k] },
      { type: 'int32', data: [n] },
    ],
    code,
  };
}

/** `BatchMatMul` of two matrices of float32. */
function matMulKernel({ inputs: { a, b }, attrs }: KernelCall): tf.TensorInfo | null {
  if (a.shape.length !== 2 || b.shape.length !== 2 || !holdsFloats(a) || !holdsFloats(b)) return null;
  const [transposeA, transposeB] = [attrs['transposeA'] === true, attrs['transposeB'] === true];
  const [m, k] = transposeA ? [a.shape[1], a.shape[0]] : a.shape;
  const n = transposeB ? b.shape[0] : b.shape[1];
  return runProgram(matMulProgram({ m, k, n, transposeA, transposeB }), [a, b]);
}

const sumCode = `
fn main(index : i32) {
  if (index >= uniforms.sums) { return; }
  var sum = 0.0;
  for (var i = 0; i < uniforms.terms; i++) { sum += A[index * uniforms.start + i * uniforms.stride]; }
  result[index] = sum;
}`;

/** `Sum` of a matrix of float32 over its rows or over its columns, where there are enough sums to share out. */
function sumKernel({ inputs: { x }, attrs }: KernelCall): tf.TensorInfo | null {
  // Null stands for all axes.
  const axes = [(attrs['axis'] ?? []) as number | readonly number[]].flat();
  if (x.shape.length !== 2 || !holdsFloats(x) || axes.length !== 1) return null;
  const [rows, columns] = x.shape;
  const overColumns = axes[0] === 1 || axes[0] === -1;
  const [sums, terms, start, stride] = overColumns ? [rows, columns, columns, 1] : [columns, rows, 1, columns];
  if (sums < fewestSums) return null;
  return runProgram(
    {
      key: 'sum',
      inputs: ['A'],
      components: [1],
      outputComponents: 1,
      outputShape: attrs['keepDims'] === true ? (overColumns ? [rows, 1] : [1, columns]) : [sums],
      threads: sums,
      uniforms: 'sums : i32, terms : i32, start : i32, stride : i32,',
      values: [sums, terms, start, stride].map((value) => ({ type: 'int32', data: [value] })),
      code: sumCode,
    },
    [x],
  );
}

/** Below this the threads would be too few, and each sum too long. */
const fewestSums = 8;

const transposeCode = `
fn main(index : i32) {
  if (index >= uniforms.rows * uniforms.columns) { return; }
  result[index] = A[index % uniforms.rows * uniforms.columns + index / uniforms.rows];
}`;

/** `Transpose` of a matrix of float32 whose two dimensions change places. */
function transposeKernel({ inputs: { x }, attrs }: KernelCall): tf.TensorInfo | null {
  const perm = attrs['perm'] as readonly number[];
  if (x.shape.length !== 2 || !holdsFloats(x) || perm[0] !== 1) return null;
  const [rows, columns] = x.shape;
  return runProgram(
    {
      key: 'transpose',
      inputs: ['A'],
      components: [1],
      outputComponents: 1,
      outputShape: [columns, rows],
      threads: rows * columns,
      uniforms: 'rows : i32, columns : i32,',
      values: [
        { type: 'int32', data: [rows] },
        { type: 'int32', data: [columns] },
      ],
      code: transposeCode,
    },
    [x],
  );
}

let restore: readonly (() => void)[] = [];

/**
 * Switches to kernels that suit a graphics card imitated by the processor, where barriers and shared memory, which the
 * stock ones lean on, are what costs: tests on such a card would take too long without. The webgpu backend must have
 * started.
 */
export function useSoftwareKernels(): void {
  useStockKernels();
  restore = [
    replaceKernel('webgpu', 'BatchMatMul', matMulKernel),
    replaceKernel('webgpu', 'Transpose', transposeKernel),
    replaceKernel('webgpu', 'Sum', sumKernel),
  ];
}

/** Switches back to the stock kernels. */
export function useStockKernels(): void {
  for (const putBack of restore) putBack();
  restore = [];
}
