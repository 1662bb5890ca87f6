import { batchSize } from '../../../core/config.ts';
import { type Layout, type Section, at, type Part, type Tiling, unrolled } from './layout.ts';

/**
 * Logits of a row, their maximum and exponentials, and the loss: `z…`, `top`, `e…`, `total`, `hot…`, `loss`.
 *
 * @param label WGSL for the row's class
 */
function softmaxCode(
  { shape, widths }: Layout,
  { hidden, weights, label }: { readonly hidden: Section; readonly weights: Section; readonly label: string },
  { lanes }: Tiling,
): string {
  const [, , hiddenWidth, classWidth] = widths;
  const classes = shape.layers[3];
  const each = (line: (c: number) => string) => unrolled(classWidth, line);
  const bias = (c: number) => at(weights, `${4 * hiddenWidth}u`, `${c}u`);
  const padding = (c: number) => [0, 1, 2, 3].map((j) => (4 * c + j < classes ? '0.0' : '-1e30')).join(', ');
  const wholeSums = `
  ${each((c) => `shared_sums[thread * ${classWidth}u + ${c}u] = z${c};`)}
  workgroupBarrier();
  ${each((c) => `z${c} = ${bias(c)};`)}
  for (var l = 0u; l < ${lanes}u; l++) {
    let other = (thread / ${lanes}u * ${lanes}u + l) * ${classWidth}u;
    ${each((c) => `z${c} += shared_sums[other + ${c}u];`)}
  }`;
  return `
  ${each((c) => `var z${c} = ${lanes > 1 ? 'vec4f()' : bias(c)};`)}
  for (var k = lane; k < ${hiddenWidth}u; k += ${lanes}u) {
    let h = ${at(hidden, 'row', 'k')};
    ${each((c) => `z${c} += ${['x', 'y', 'z', 'w'].map((part, j) => `h.${part} * ${at(weights, `4u * k + ${j}u`, `${c}u`)}`).join(' + ')};`)}
  }
  ${lanes > 1 ? wholeSums : ''}
  ${each((c) => `z${c} += vec4f(${padding(c)});`)}
  var most = ${Array.from({ length: classWidth }, (_, c) => `z${c}`).reduce((one, other) => `max(${one}, ${other})`)};
  let top = max(max(most.x, most.y), max(most.z, most.w));
  let label = ${label};
  var total = 0.0;
  var at_label = 0.0;
  ${each(
    (c) => `let e${c} = exp(z${c} - top);
  let hot${c} = select(vec4f(), vec4f(1.0), vec4u(${4 * c}u, ${4 * c + 1}u, ${4 * c + 2}u, ${4 * c + 3}u) == vec4u(label));
  total += dot(e${c}, vec4f(1.0));
  at_label += dot(hot${c}, z${c} - top);`,
  )}
  let loss = log(total) - at_label;`;
}

/** The class of a row of a training step, which is stored after the pixels of its image. */
function trainingLabel({ widths, record }: Layout): string {
  return `images[record[${record.imageOf}u + row] * ${widths[0] + 1}u + ${widths[0]}u]`;
}

/** Rows whose last layer a workgroup does. */
export function rowsOfGroup({ threads, lanes }: Tiling): number {
  return threads / lanes;
}

/** The row and the lane of a thread. */
function placeCode(rows: string, tiling: Tiling): string {
  return `
  let place = group * ${rowsOfGroup(tiling)}u + thread / ${tiling.lanes}u;
  let lane = thread % ${tiling.lanes}u;
  let real = place < ${rows};`;
}

/**
 * Last layer, softmax and cross-entropy of each row; then the gradient with respect to the logits, carried back to the
 * second hidden layer. A row has its weight in the mean that it belongs to: that of the incoming or of the replayed
 * rows.
 */
export function classLosses(layout: Layout, rows: number, tiling: Tiling): Part {
  const { work, widths, weights, record, report } = layout;
  const [, , hiddenWidth, classWidth] = widths;
  const each = (line: (c: number) => string) => unrolled(classWidth, line);
  const back = (j: number) =>
    Array.from({ length: classWidth }, (_, c) => `dot(d${c}, ${at(weights[2], `4u * n + ${j}u`, `${c}u`)})`).join(
      ' + ',
    );
  return {
    name: 'class_losses',
    groups: Math.ceil(rows / rowsOfGroup(tiling)),
    ...(tiling.lanes > 1 ? { shared: tiling.threads * classWidth } : {}),
    code: `
fn class_losses(group: u32, thread: u32) {
  ${placeCode(`${rows}u`, tiling)}
  let row = min(place, ${rows - 1}u);
  ${softmaxCode(layout, { hidden: work.h2, weights: weights[2], label: trainingLabel(layout) }, tiling)}
  if (!real) { return; }
  let incoming = record[${record.incoming}];
  let replayed = row >= ${batchSize}u && row - ${batchSize}u < record[${record.candidates}];
  let share = select(select(0.0, 1.0 / f32(incoming), row < incoming), 1.0 / f32(record[${record.replayed}]), replayed);
  ${each((c) => `let d${c} = (e${c} / total - hot${c}) * share;`)}
  if (lane == 0u) {
    report[${report.losses}u + row] = bitcast<u32>(loss);
    ${each((c) => `${at(work.d3, 'row', `${c}u`)} = d${c};`)}
  }
  for (var n = lane; n < ${hiddenWidth}u; n += ${tiling.lanes}u) {
    let d = vec4f(${[0, 1, 2, 3].map(back).join(',\n')});
    ${at(work.d2, 'row', 'n')} = select(vec4f(), d, ${at(work.h2, 'row', 'n')} > vec4f());
  }
}`,
  };
}

/** l(θ_v) of each candidate, its score, and l* if scoring lowers it. */
export function virtualScores(layout: Layout, tiling: Tiling): Part {
  const { work, widths, record, report, rows } = layout;
  const candidates = rows - batchSize;
  return {
    name: 'virtual_scores',
    groups: Math.ceil(candidates / rowsOfGroup(tiling)),
    ...(tiling.lanes > 1 ? { shared: tiling.threads * widths[3] } : {}),
    code: `
fn virtual_scores(group: u32, thread: u32) {
  ${placeCode(`${candidates}u`, tiling)}
  let row = min(${batchSize}u + place, ${rows - 1}u);
  ${softmaxCode(layout, { hidden: work.h2V, weights: work.weights3V, label: trainingLabel(layout) }, tiling)}
  if (!real || lane != 0u || place >= record[${record.candidates}]) { return; }
  let now = bitcast<f32>(report[${report.losses}u + row]);
  let slot = record[${record.slots}u + place];
  let lowest = min(now, best[slot]);
  report[${report.scores}u + place] = bitcast<u32>(loss - select(now, lowest, record[${record.againstBest}] == 1u));
  if (record[${record.lowers}] == 1u) { best[slot] = lowest; }
}`,
  };
}

/** l* of each candidate, before scoring lowers it; for a trace. */
export function noteBestLosses({ record, report, rows }: Layout, threads: number): Part {
  return {
    name: 'note_best_losses',
    groups: Math.ceil((rows - batchSize) / threads),
    code: `
fn note_best_losses(group: u32, thread: u32) {
  let candidate = group * ${threads}u + thread;
  if (candidate >= record[${record.candidates}]) { return; }
  report[${report.bestLosses}u + candidate] = bitcast<u32>(best[record[${record.slots}u + candidate]]);
}`,
  };
}

/** The loss of every row at θ_v; for a trace. */
export function virtualLosses(layout: Layout, tiling: Tiling): Part {
  const { work, widths, report, rows } = layout;
  return {
    name: 'virtual_losses',
    groups: Math.ceil(rows / rowsOfGroup(tiling)),
    ...(tiling.lanes > 1 ? { shared: tiling.threads * widths[3] } : {}),
    code: `
fn virtual_losses(group: u32, thread: u32) {
  ${placeCode(`${rows}u`, tiling)}
  let row = min(place, ${rows - 1}u);
  ${softmaxCode(layout, { hidden: work.h2V, weights: work.weights3V, label: trainingLabel(layout) }, tiling)}
  if (!real || lane != 0u) { return; }
  report[${report.virtualLosses}u + row] = bitcast<u32>(loss);
}`,
  };
}

/** The loss of every incoming and, if there are such, of every replayed row after the step; for a trace. */
export function lossesAfter(layout: Layout, replays: boolean, tiling: Tiling): Part {
  const { work, widths, weights, record, report, shape } = layout;
  const places = batchSize + (replays ? shape.budget : 0);
  const replayedRow = `replayed_row(min(pick, max(record[${record.replayed}], 1u) - 1u), record[${record.byScore}] == 1u)`;
  return {
    name: 'losses_after',
    groups: Math.ceil(places / rowsOfGroup(tiling)),
    ...(tiling.lanes > 1 ? { shared: tiling.threads * widths[3] } : {}),
    code: `
fn losses_after(group: u32, thread: u32) {
  ${placeCode(`${places}u`, tiling)}
  let pick = max(place, ${batchSize}u) - ${batchSize}u;
  let row = ${replays ? `select(${replayedRow}, place, place < ${batchSize}u)` : `min(place, ${batchSize - 1}u)`};
  ${softmaxCode(layout, { hidden: work.h2, weights: weights[2], label: trainingLabel(layout) }, tiling)}
  if (!real || lane != 0u) { return; }
  if (place < ${batchSize}u) {
    report[${report.incomingAfter}u + place] = bitcast<u32>(loss);
  } else if (pick < record[${record.replayed}]) {
    report[${report.replayedBefore}u + pick] = report[${report.losses}u + row];
    report[${report.replayedAfter}u + pick] = bitcast<u32>(loss);
  }
}`,
  };
}

/**
 * Last layer of each row of an evaluation, whether its class is named right, and its loss. A workgroup of the part does
 * {@link rowsOfGroup} rows.
 *
 * @param hidden what goes into the last layer
 * @param rows WGSL for the number of rows
 * @param label WGSL for the class of `row`
 */
export function verdicts(
  layout: Layout,
  { hidden, rows, label }: { readonly hidden: Section; readonly rows: string; readonly label: string },
  tiling: Tiling,
): Part {
  const { shape, widths, weights } = layout;
  const classes = Array.from({ length: shape.layers[3] }, (_, index) => index);
  return {
    name: 'verdicts',
    groups: 1,
    ...(tiling.lanes > 1 ? { shared: tiling.threads * widths[3] } : {}),
    code: `
fn verdicts(group: u32, thread: u32) {
  ${placeCode(rows, tiling)}
  let row = min(place, ${rows} - 1u);
  ${softmaxCode(layout, { hidden, weights: weights[2], label }, tiling)}
  if (!real || lane != 0u) { return; }
  // Among equal logits the first counts.
  var named = ${classes.length}u;
  ${unrolled(classes.length, (index) => {
    const from = classes.length - 1 - index;
    return `if (z${Math.floor(from / 4)}.${'xyzw'[from % 4]} == top) { named = ${from}u; }`;
  })}
  verdict[row] = named;
  verdict[${rows} + row] = bitcast<u32>(loss);
}`,
  };
}
