import fc from 'fast-check';
import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { compileKernels, kernelSets } from '../../../../../src/cli/buildKernels.ts';
import {
  accumulate,
  compiledKernels,
  denseRows,
  dotListed,
  list,
  rowOf,
  sparseRows,
} from '../../../../../src/engine/fast/wasm/kernels.ts';

const number = fc.oneof(
  { weight: 2, arbitrary: fc.constant(0) },
  { weight: 3, arbitrary: fc.integer({ min: -64, max: 64 }).map((value) => value / 16) },
);
/** Widths that end in every strip: of thirty-two columns, of four, and short of four. */
const matrices = fc
  .record({
    rows: fc.integer({ min: 1, max: 5 }),
    inner: fc.integer({ min: 1, max: 9 }),
    columns: fc.integer({ min: 1, max: 75 }),
  })
  .chain(({ rows, inner, columns }) =>
    fc.record({
      left: fc.array(fc.array(number, { minLength: inner, maxLength: inner }), { minLength: rows, maxLength: rows }),
      right: fc.array(fc.array(number, { minLength: columns, maxLength: columns }), {
        minLength: inner,
        maxLength: inner,
      }),
      base: fc.array(fc.array(number, { minLength: columns, maxLength: columns }), {
        minLength: rows,
        maxLength: rows,
      }),
    }),
  );

const relu = (value: number) => Math.max(0, value);
const dot = (one: readonly number[], other: readonly number[]) =>
  one.reduce((sum, value, index) => sum + value * other[index], 0);

describe('the compiled kernels', () => {
  it.each(Object.values(kernelSets))('are what their sources compile to: $target', async (set) => {
    expect(await readFile(set.target, 'utf8')).toBe(await compileKernels(set));
  });

  // Sixteenths of small whole numbers: every sum is exact.
  it('multiply by what is not 0, or by what ReLU lets pass, and add', () => {
    fc.assert(
      fc.property(matrices, fc.boolean(), fc.boolean(), ({ left, right, base }, positive, inPlace) => {
        const [rows, inner, columns] = [left.length, right.length, right[0].length];
        const { kernels, buffers } = compiledKernels((memory) => ({
          left: denseRows(memory, rows, inner),
          listed: sparseRows(memory, rows, inner),
          right: denseRows(memory, inner, columns),
          base: denseRows(memory, rows, columns),
          out: denseRows(memory, rows, columns),
        }));
        left.forEach((values, row) => {
          rowOf(buffers.left, row).set(values);
        });
        right.forEach((values, row) => {
          rowOf(buffers.right, row).set(values);
        });
        base.forEach((values, row) => {
          rowOf(buffers.base, row).set(values);
        });
        const all = { from: 0, count: rows };
        const out = inPlace ? buffers.base : buffers.out;
        list(kernels, buffers.left, all, positive, buffers.listed);
        accumulate(kernels, {
          sparse: buffers.listed,
          rows: all,
          matrix: buffers.right,
          base: { rows: buffers.base, from: 0 },
          out,
          outFrom: 0,
        });
        const passed = left.map((row) => row.map((value) => (positive ? relu(value) : value)));
        const expected = passed.map((row, at) =>
          base[at].map(
            (start, column) =>
              start +
              dot(
                row,
                right.map((values) => values[column]),
              ),
          ),
        );
        expect(expected.map((_, row) => Array.from(rowOf(out, row)))).toEqual(
          expected.map((row) => row.map((value) => value + 0)),
        );
        expect(Array.from(buffers.listed.counts)).toEqual(
          passed.map((row) => row.filter((value) => value !== 0).length),
        );
      }),
    );
  });

  it('take products with the listed rows of a matrix, and leave 0 for the others', () => {
    fc.assert(
      fc.property(matrices, ({ left, right }) => {
        const [rows, inner, columns] = [left.length, right.length, right[0].length];
        const { kernels, buffers } = compiledKernels((memory) => ({
          left: denseRows(memory, rows, inner),
          listed: sparseRows(memory, rows, inner),
          right: denseRows(memory, inner, columns),
          out: denseRows(memory, rows, inner),
        }));
        left.forEach((values, row) => {
          rowOf(buffers.left, row).set(values);
        });
        right.forEach((values, row) => {
          rowOf(buffers.right, row).set(values);
        });
        buffers.out.data.fill(7);
        list(kernels, buffers.left, { from: 0, count: rows }, true, buffers.listed);
        left.forEach((_, row) => {
          dotListed(kernels, { rows: buffers.right, at: 0 }, buffers.listed, row, buffers.right, {
            rows: buffers.out,
            at: row,
          });
        });
        const expected = left.map((values) =>
          values.map((value, place) => (value > 0 ? dot(right[0], right[place]) : 0)),
        );
        expect(expected.map((_, row) => Array.from(rowOf(buffers.out, row)))).toEqual(expected);
      }),
    );
  });

  it('list what is no number, as ReLU passes it on', () => {
    const { kernels, buffers } = compiledKernels((memory) => ({
      row: denseRows(memory, 1, 5),
      listed: sparseRows(memory, 1, 5),
    }));
    rowOf(buffers.row, 0).set([-1, NaN, 0, Infinity, -Infinity]);
    list(kernels, buffers.row, { from: 0, count: 1 }, true, buffers.listed);
    expect(buffers.listed.counts[0]).toBe(2);
    expect(Array.from(buffers.listed.places.subarray(0, 2))).toEqual([1, 3]);
    expect(Array.from(buffers.listed.values.subarray(0, 2))).toEqual([NaN, Infinity]);
  });
});
