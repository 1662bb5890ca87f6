import { batchSize } from '../../../core/config.ts';
import {
  backward,
  insertBestLosses,
  weightStep,
  denseLayer,
  imageProducts,
  rankScores,
  type RowSpan,
  virtualFirstLayer,
} from './passes.ts';
import { classLosses, lossesAfter, noteBestLosses, virtualLosses, virtualScores } from './classLosses.ts';
import { type Layout, type Section, at, type Part, program, type Program, type Tiling } from './layout.ts';

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
  | 'forward'
  | 'backwardIncoming'
  | 'noteBestLosses'
  | 'virtualForward'
  | 'score'
  | 'rank'
  | 'virtualIncoming'
  | 'backwardReplayed'
  | 'update'
  | 'lookAgain';

/**
 * What a step does: learn the incoming batch alone, replay the first candidates, or also score all of them; and whether
 * it reports the losses that a trace shows.
 */
export type StepKind = 'incoming' | 'random' | 'scored' | 'incomingTraced' | 'scoredTraced';

const sequences: Readonly<Record<StepKind, readonly Operation[]>> = {
  incoming: ['forward', 'backwardIncoming', 'update'],
  random: ['forward', 'backwardIncoming', 'backwardReplayed', 'update'],
  scored: ['forward', 'backwardIncoming', 'virtualForward', 'score', 'rank', 'backwardReplayed', 'update'],
  incomingTraced: ['forward', 'backwardIncoming', 'update', 'lookAgain'],
  scoredTraced: [
    'forward',
    'backwardIncoming',
    'noteBestLosses',
    'virtualForward',
    'score',
    'rank',
    'virtualIncoming',
    'backwardReplayed',
    'update',
    'lookAgain',
  ],
};

/**
 * The step that consists of a sequence of operations.
 *
 * @throws Error if there are no programs for it
 */
export function stepKindOf(operations: readonly Operation[]): StepKind {
  const kinds: readonly StepKind[] = ['incoming', 'random', 'scored', 'incomingTraced', 'scoredTraced'];
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
  const { rows, scores, replayed, traced } = workOf(kind, layout);
  const incoming: RowSpan = { from: 0, count: batchSize };
  const candidates: RowSpan = { from: batchSize, count: layout.rows - batchSize };

  const hiddenLayers = [
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
  ];
  const gather = gatherImages(layout, rows, range, threads);
  const forward = [
    traced && scores ? dispatch(gather, noteBestLosses(layout, threads)) : dispatch(gather),
    ...hiddenLayers,
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

  const lookAgain = traced ? [...hiddenLayers, dispatch(lossesAfter(layout, replayed, tiling))] : [];
  if (!replayed) return [...forward, dispatch(backward(layout, 'incoming', tiling)), update, ...lookAgain];
  if (!scores)
    return [...forward, dispatch(backward(layout, 'incoming', tiling), backward(layout, 'replayed', tiling)), update];

  const virtualSecondLayer = ({ from, count }: RowSpan) =>
    dispatch(
      denseLayer(
        secondLayer(layout, rowsFrom(work.h1V, from), work.weights2V, rowsFrom(work.h2V, from), count),
        tiling,
      ),
    );
  const virtualIncoming = [
    dispatch(imageProducts(layout, incoming, threads)),
    dispatch(virtualFirstLayer(layout, incoming, threads)),
    virtualSecondLayer(incoming),
    dispatch(virtualLosses(layout, tiling)),
  ];
  return [
    ...forward,
    dispatch(
      backward(layout, 'incoming', tiling),
      weightStep(layout, { ...step3, name: 'virtual_step_3', to: work.weights3V, replayed: false }, tiling),
      imageProducts(layout, candidates, threads),
    ),
    dispatch(
      weightStep(layout, { ...step2, name: 'virtual_step_2', to: work.weights2V, replayed: false }, tiling),
      virtualFirstLayer(layout, candidates, threads),
    ),
    virtualSecondLayer(candidates),
    dispatch(virtualScores(layout, tiling)),
    dispatch(rankScores(layout, threads)),
    ...(traced ? virtualIncoming : []),
    dispatch(backward(layout, 'replayed', tiling)),
    update,
    ...lookAgain,
  ];
}

/** What a kind of step works on: rows of activations, and whether it scores, replays and tells a trace. */
function workOf(kind: StepKind, { rows, randomRows }: Layout) {
  switch (kind) {
    case 'incoming':
      return { rows: batchSize, scores: false, replayed: false, traced: false };
    case 'incomingTraced':
      return { rows: batchSize, scores: false, replayed: false, traced: true };
    case 'random':
      return { rows: randomRows, scores: false, replayed: true, traced: false };
    case 'scored':
      return { rows, scores: true, replayed: true, traced: false };
    case 'scoredTraced':
      return { rows, scores: true, replayed: true, traced: true };
    default:
      return kind satisfies never;
  }
}

function secondLayer({ widths }: Layout, input: Section, weights: Section, output: Section, rows: number) {
  const store = (row: string, column: string, z: string) => `${at(output, row, column)} = max(${z}, vec4f());`;
  return { name: 'second_layer', input, weights, inputWidth: widths[1], rows, store };
}

/** A section of activations from one of its rows on. */
function rowsFrom(section: Section, row: number): Section {
  return { ...section, offset: section.offset + row * section.width };
}
