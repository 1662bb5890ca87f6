import { batchSize } from '../../../core/config.ts';
import { backward, insertBestLosses, weightStep } from './backward.ts';
import { classLosses, virtualScores } from './classLosses.ts';
import { candidateProducts, denseLayer, rankScores, virtualFirstLayer } from './forward.ts';
import type { Layout, Section } from './layout.ts';
import { at, type Part, program, type Program, type Tiling } from './program.ts';

/** Fetches the images of all rows and turns bytes into numbers; zeros pad them. */
function gatherImages(
  { work, widths, record, shape }: Layout,
  rows: number,
  range: readonly [number, number],
  threads: number,
): Part {
  const width = widths[0];
  const [low, high] = range;
  const used = shape.layers[0] - 4 * (width - 1);
  const padding = `select(vec4f(), pixels, vec4u(0u, 1u, 2u, 3u) < vec4u(${used}u))`;
  return {
    name: 'gather_images',
    groups: Math.ceil((rows * width) / threads),
    code: `
fn gather_images(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let row = item / ${width}u;
  let k = item % ${width}u;
  if (row >= ${rows}u) { return; }
  let word = images[record[${record.imageOf}u + row] * ${width + 1}u + k];
  let pixels = ${low.toFixed(9)} + ${(high - low).toFixed(9)} * unpack4x8unorm(word);
  ${at(work.images, 'row', 'k')} = ${used === 4 ? 'pixels' : `select(pixels, ${padding}, k == ${width - 1}u)`};
}`,
  };
}

/** The operations of a form that take programs (perceptronForm.ts). */
export type Operation =
  'forward' | 'backwardIncoming' | 'virtualForward' | 'score' | 'rank' | 'backwardReplayed' | 'update';

/** What a step does: learn the incoming batch alone, replay the first candidates, or also score all of them. */
export type StepKind = 'incoming' | 'random' | 'scored';

const sequences: Readonly<Record<StepKind, readonly Operation[]>> = {
  incoming: ['forward', 'backwardIncoming', 'update'],
  random: ['forward', 'backwardIncoming', 'backwardReplayed', 'update'],
  scored: ['forward', 'backwardIncoming', 'virtualForward', 'score', 'rank', 'backwardReplayed', 'update'],
};

/**
 * The step that consists of a sequence of operations.
 *
 * @throws Error if there are no programs for it
 */
export function stepKindOf(operations: readonly Operation[]): StepKind {
  const kinds: readonly StepKind[] = ['incoming', 'random', 'scored'];
  const kind = kinds.find((name) => sequences[name].join() === operations.join());
  if (kind === undefined) throw new Error(`There are no programs for the step ${operations.join(', ')}.`);
  return kind;
}

/** The buffers of a step, in the order of their bindings; only the first two are never written. */
export const stepBuffers = ['record', 'images', 'parameters', 'work', 'report', 'best'] as const;

function declarations({ report }: Layout): string {
  return `
@group(0) @binding(0) var<storage, read> record: array<u32>;
@group(0) @binding(1) var<storage, read> images: array<u32>;
@group(0) @binding(2) var<storage, read_write> parameters: array<vec4f>;
@group(0) @binding(3) var<storage, read_write> work: array<vec4f>;
@group(0) @binding(4) var<storage, read_write> report: array<u32>;
@group(0) @binding(5) var<storage, read_write> best: array<f32>;
fn replayed_row(j: u32, by_score: bool) -> u32 {
  if (by_score) { return ${batchSize}u + report[${report.picks}u + j]; }
  return ${batchSize}u + j;
}`;
}

/**
 * The dispatches of one step. Parts that do not depend on each other are merged into one dispatch, whichever operation
 * they belong to.
 *
 * @param range the numbers that bytes 0 and 255 become
 */
export function stepPrograms(
  kind: StepKind,
  layout: Layout,
  range: readonly [number, number],
  tiling: Tiling,
): Program[] {
  const { work, weights, widths } = layout;
  const { threads } = tiling;
  const shared = declarations(layout);
  const dispatch = (...parts: Part[]) => program(shared, threads, parts);
  const rows = { incoming: batchSize, random: layout.randomRows, scored: layout.rows }[kind];
  const replayed = kind !== 'incoming';

  const forward = [
    dispatch(gatherImages(layout, rows, range, threads)),
    dispatch(
      denseLayer(
        {
          name: 'first_layer',
          input: work.images,
          weights: weights[0],
          inputWidth: widths[0],
          rows,
          store: (row, column, z) =>
            `${at(work.z1, row, column)} = ${z}; ${at(work.h1, row, column)} = max(${z}, vec4f());`,
        },
        tiling,
      ),
    ),
    dispatch(denseLayer(secondLayer(layout, work.h1, weights[1], work.h2, rows), tiling)),
    dispatch(classLosses(layout, rows, tiling)),
  ];

  const step2 = { input: work.h1, gradient: work.d2, from: weights[1] };
  const step3 = { input: work.h2, gradient: work.d3, from: weights[2] };
  const update = dispatch(
    weightStep(
      layout,
      { name: 'step_1', input: work.images, gradient: work.d1, from: weights[0], to: weights[0], replayed },
      tiling,
    ),
    weightStep(layout, { ...step2, name: 'step_2', to: weights[1], replayed }, tiling),
    weightStep(layout, { ...step3, name: 'step_3', to: weights[2], replayed }, tiling),
    insertBestLosses(layout),
  );

  switch (kind) {
    case 'incoming':
      return [...forward, dispatch(backward(layout, 'incoming', tiling)), update];
    case 'random':
      return [...forward, dispatch(backward(layout, 'incoming', tiling), backward(layout, 'replayed', tiling)), update];
    case 'scored':
      return [
        ...forward,
        dispatch(
          backward(layout, 'incoming', tiling),
          weightStep(layout, { ...step3, name: 'virtual_step_3', to: work.weights3V, replayed: false }, tiling),
          candidateProducts(layout, threads),
        ),
        dispatch(
          weightStep(layout, { ...step2, name: 'virtual_step_2', to: work.weights2V, replayed: false }, tiling),
          virtualFirstLayer(layout, threads),
        ),
        dispatch(
          denseLayer(
            secondLayer(
              layout,
              candidatesOf(work.h1V),
              work.weights2V,
              candidatesOf(work.h2V),
              layout.rows - batchSize,
            ),
            tiling,
          ),
        ),
        dispatch(virtualScores(layout, tiling)),
        dispatch(rankScores(layout, threads)),
        dispatch(backward(layout, 'replayed', tiling)),
        update,
      ];
    default:
      return kind satisfies never;
  }
}

function secondLayer({ widths }: Layout, input: Section, weights: Section, output: Section, rows: number) {
  const store = (row: string, column: string, z: string) => `${at(output, row, column)} = max(${z}, vec4f());`;
  return { name: 'second_layer', input, weights, inputWidth: widths[1], rows, store };
}

/** A section of activations from the first candidate on. */
function candidatesOf(section: Section): Section {
  return { ...section, offset: section.offset + batchSize * section.width };
}
