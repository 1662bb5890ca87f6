import type { WebgpuProgram } from './runProgram.ts';

/** A product of two matrices, op(A) [m, k] · op(B) [k, n]. */
export interface MatMulShape {
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
export function matMulProgram(shape: MatMulShape): WebgpuProgram {
  const { m, k, n, transposeA, transposeB } = shape;
  const fours = k % 4 === 0;
  const [wideA, wideB, wideOut] = [(transposeA ? m : k) % 4 === 0, (transposeB ? k : n) % 4 === 0, n % 4 === 0];
  const rows = Array.from({ length: tileRows }, (_, row) => row);
  const depth = Array.from({ length: fours ? 4 : 1 }, (_, step) => step);
  const columns = Array.from({ length: tileColumns }, (_, column) => column);

  // Beyond the edge the last row or column is read again; what comes of it is not written.
  const row = (r: number) => `min(row + ${r}, uniforms.m - 1)`;
  const column = (c: number) => `min(column + ${c}, uniforms.n - 1)`;
  const readA = (at: string) => (wideA ? `A[(${at}) / 4]` : `vec4f(A[${at}], A[${at} + 1], A[${at} + 2], A[${at} + 3])`);

  /** a{r}_{d}: rows of op(A) at each of the depths. */
  const loadA = !transposeA
    ? rows.map((r) => (fours
        ? `let a${r} = ${readA(`${row(r)} * uniforms.k + k`)};`
        : `let a${r}_0 = A[${row(r)} * uniforms.k + k];`))
    : depth.map((d) => (wideA
        ? [0, 4].map((r) => `let a_${d}_${r} = A[((k + ${d}) * uniforms.m + min(row + ${r}, uniforms.m - 4)) / 4];`).join('\n')
        : rows.map((r) => `let a${r}_${d} = A[(k + ${d}) * uniforms.m + ${row(r)}];`).join('\n')));
  const a = (r: number, d: number) => {
    if (transposeA && wideA) return `a_${d}_${r < 4 ? 0 : 4}[${r % 4}]`;
    return !transposeA && fours ? `a${r}[${d}]` : `a${r}_${d}`;
  };

  /** b{d}: four columns of op(B) at each of the depths. */
  const loadB = !transposeB
    ? depth.map((d) => `let b${d} = ${wideB ? `B[((k + ${d}) * uniforms.n + column) / 4]` : `vec4f(${columns.map((c) => `B[(k + ${d}) * uniforms.n + ${column(c)}]`).join(', ')})`};`)
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
    values: [{ type: 'int32', data: [m] }, { type: 'int32', data: [k] }, { type: 'int32', data: [n] }],
    code,
  };
}
