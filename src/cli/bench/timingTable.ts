import type { BenchmarkTiming } from '../../engine/benchmark/benchmarkTiming.ts';
import type { Quartiles } from '../../engine/benchmark/quartiles.ts';

function spread({ lower, median, upper }: Quartiles, digits: number): string {
  return `${median.toFixed(digits)} (${lower.toFixed(digits)} … ${upper.toFixed(digits)})`;
}

function plainTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('   ').trimEnd());
}

/** The tables that the benchmark prints: medians with quartiles, what a step costs the host, what was alive before and after. */
export function timingTable(timings: readonly BenchmarkTiming[]): string {
  const count = (calls: number | undefined) => (calls === undefined ? '–' : String(Math.round(10 * calls) / 10));
  return [
    ...plainTable([
      ['a step of', 'by', 'ms', 'over the engine’s', 'JavaScript, ms', 'dispatches', 'submits'],
      ...timings.flatMap(({ subject, contestants }) =>
        contestants.map(({ name, time, ratio, javaScript, device }) => [
          subject, name, spread(time, 2), ratio === null ? '' : spread(ratio, 2), spread(javaScript, 3), count(device?.dispatches), count(device?.submits),
        ])),
    ]),
    '',
    'Median (lower … upper quartile) over blocks of steps, each contestant in turn in one process. JavaScript: until a step has been',
    'handed over, over single steps; on wasm and cpu the computing falls into it, except for jax-js, which waits until it is asked.',
    ...timings.map(
      ({ subject, steps, blockSteps, tensors, bytes }) =>
        `${subject}: ${steps} steps in blocks of ${blockSteps}; ${tensors.before} tensors, ${bytes.before} bytes before and ${tensors.after} tensors, ${bytes.after} bytes after`,
    ),
  ].join('\n');
}
