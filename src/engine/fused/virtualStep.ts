import { batchSize } from '../config.ts';
import type { Layout } from './layout.ts';
import { at, type Part, unrolled } from './program.ts';

const vectors = Math.ceil(batchSize / 4);

/** Products x_c · x_i of each candidate with each incoming image; a thread does four of them. */
export function candidateProducts({ work, widths, rows }: Layout, threads: number): Part {
  const incoming = (j: number) => at(work.images, `min(4u * q + ${j}u, ${batchSize - 1}u)`, 'k');
  return {
    name: 'candidate_products',
    groups: Math.ceil(((rows - batchSize) * vectors) / threads),
    code: `
fn candidate_products(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let row = ${batchSize}u + item / ${vectors}u;
  let q = item % ${vectors}u;
  if (row >= ${rows}u) { return; }
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
 * The candidates' first layer after the virtual step. That step has the rank of the incoming batch, so
 * Z1' = Z1 − α (X_c X_inᵀ + 1) D1, and the new weights are never formed.
 */
export function virtualFirstLayer({ work, widths, rows, record }: Layout, threads: number): Part {
  const width = widths[1];
  const factor = (i: number) => `(${at(work.gram, 'row', `${Math.floor(i / 4)}u`)}.${'xyzw'[i % 4]} + 1.0)`;
  return {
    name: 'virtual_first_layer',
    groups: Math.ceil(((rows - batchSize) * width) / threads),
    code: `
fn virtual_first_layer(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let row = ${batchSize}u + item / ${width}u;
  let column = item % ${width}u;
  if (row >= ${rows}u) { return; }
  var change = vec4f();
  ${unrolled(batchSize, (i) => `change += ${factor(i)} * ${at(work.d1, `${i}u`, 'column')};`)}
  let z = ${at(work.z1, 'row', 'column')} - bitcast<f32>(record[${record.rate}]) * change;
  ${at(work.h1V, 'row', 'column')} = max(z, vec4f());
}`,
  };
}

/** Positions of the highest scores, highest first; of equal scores the first comes first. */
export function rankScores({ record, report, shape }: Layout, threads: number): Part {
  return {
    name: 'rank_scores',
    groups: Math.ceil(shape.candidates / threads),
    code: `
fn score_of(candidate: u32) -> f32 {
  let bits = report[${report.scores}u + candidate];
  // What is not a number ranks last, so that picks stay distinct.
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
