import { denseLayer } from './denseLayer.ts';
import type { Layout, Section } from './layout.ts';
import { at, program, type Program } from './program.ts';
import type { Tiling } from './tiling.ts';

/** The buffers of a classification, in the order of their bindings; only the first two are never written. */
export const classifyBuffers = ['images', 'parameters', 'first', 'second', 'logits'] as const;

/**
 * Logits of any number of images, in three dispatches, one for each layer. A program's workgroups are those
 * of as many rows as one thread computes; a dispatch has so many times more. How many images there are shows
 * in the size of the bound buffer, so that one set of programs does for all.
 */
export function classifyPrograms({ weights, widths, shape }: Layout, tiling: Tiling): Program[] {
  const [inputs, hidden1, hidden2] = widths;
  const classes = shape.layers[3];
  // With hundreds of rows there are threads enough without sharing sums.
  const alone: Tiling = { ...tiling, splits: 1 };
  const declarations = `
@group(0) @binding(0) var<storage, read> images: array<vec4f>;
@group(0) @binding(1) var<storage, read> parameters: array<vec4f>;
@group(0) @binding(2) var<storage, read_write> first: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> second: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> logits: array<f32>;`;
  const section = (buffer: (typeof classifyBuffers)[number], width: number): Section => ({ buffer, offset: 0, width });
  const layer = (input: Section, weightsOfLayer: Section, store: (row: string, column: string, sums: string) => string) =>
    program(declarations, tiling.threads, [
      denseLayer({
        name: 'layer', input, weights: weightsOfLayer, inputWidth: input.width, rows: tiling.rows, store,
        rowCount: `(arrayLength(&images) / ${inputs}u)`,
      }, alone),
    ]);
  const [first, second] = [section('first', hidden1), section('second', hidden2)];
  const relu = (output: Section) => (row: string, column: string, z: string) => `${at(output, row, column)} = max(${z}, vec4f());`;
  const storeLogits = (row: string, column: string, z: string) => `
    for (var c = 0u; c < min(4u, ${classes}u - 4u * ${column}); c++) { logits[${row} * ${classes}u + 4u * ${column} + c] = ${z}[c]; }`;
  return [
    layer(section('images', inputs), weights[0], relu(first)),
    layer(first, weights[1], relu(second)),
    layer(second, weights[2], storeLogits),
  ];
}
