import { batchSize } from '../config.ts';
import type { Layout, Section } from './layout.ts';
import { at, type Part, unrolled } from './program.ts';

/** One layer's W ← W − α Σ xᵀ d. */
export interface WeightStep {
  readonly name: string;
  /** x, what went into the layer. */
  readonly input: Section;
  /** d, the gradient with respect to what came out. */
  readonly gradient: Section;
  readonly from: Section;
  readonly to: Section;
  /** Whether the replayed rows count too, or the incoming alone. */
  readonly replayed: boolean;
}

/** A step of one layer's weights and biases; a thread does four inputs' weights to four outputs. */
export function weightStep({ record }: Layout, step: WeightStep, threads: number): Part {
  const { name, input, gradient, from, to } = step;
  const items = (input.width + 1) * to.width;
  const over = (body: (row: string) => string) => `
    for (var i = 0u; i < record[${record.incoming}]; i++) { ${body('i')} }
    ${step.replayed ? `for (var j = 0u; j < record[${record.replayed}]; j++) { let row = replayed_row(j); ${body('row')} }` : ''}`;
  return {
    name,
    groups: Math.ceil(items / threads),
    code: `
fn ${name}(group: u32, thread: u32) {
  let item = group * ${threads}u + thread;
  let n = item % ${to.width}u;
  let k = item / ${to.width}u;
  let rate = bitcast<f32>(record[${record.rate}]);
  if (k < ${input.width}u) {
    ${unrolled(4, (j) => `var sum${j} = vec4f();`)}
    ${over((row) => `
      let x = ${at(input, row, 'k')};
      let d = ${at(gradient, row, 'n')};
      sum0 += x.x * d;
      sum1 += x.y * d;
      sum2 += x.z * d;
      sum3 += x.w * d;`)}
    ${unrolled(4, (j) => `${at(to, `4u * k + ${j}u`, 'n')} = ${at(from, `4u * k + ${j}u`, 'n')} - rate * sum${j};`)}
  } else if (k == ${input.width}u) {
    var sum = vec4f();
    ${over((row) => `sum += ${at(gradient, row, 'n')};`)}
    ${at(to, `${4 * input.width}u`, 'n')} = ${at(from, `${4 * input.width}u`, 'n')} - rate * sum;
  }
}`,
  };
}

/** Starts l* of newly stored samples at their loss as incoming ones. */
export function insertBestLosses({ record, report }: Layout): Part {
  return {
    name: 'insert_best_losses',
    groups: 1,
    code: `
fn insert_best_losses(_group: u32, thread: u32) {
  if (thread >= min(record[${record.insertions}], ${batchSize}u)) { return; }
  let position = record[${record.insertedPositions}u + thread];
  best[record[${record.insertedSlots}u + thread]] = bitcast<f32>(report[${report.losses}u + position]);
}`,
  };
}
