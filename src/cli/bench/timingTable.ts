import type { MethodTiming } from './measureMethod.ts';
import type { Quartiles } from './quartiles.ts';

function spread({ lower, median, upper }: Quartiles, digits: number): string {
  return `${median.toFixed(digits)} (${lower.toFixed(digits)} … ${upper.toFixed(digits)})`;
}

function plainTable(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column])).join('   ').trimEnd());
}

/** The tables that the benchmark prints: medians with quartiles, what a step costs the host, what was alive before and after. */
export function timingTable(timings: readonly MethodTiming[]): string {
  const count = (calls: number | undefined) => (calls === undefined ? '–' : String(Math.round(10 * calls) / 10));
  return [
    ...plainTable([
      ['method', 'engine, ms per step', 'stock operations, ms per step', 'stock / engine'],
      ...timings.map(({ method, engine, stock, ratio }) => [method, spread(engine, 2), spread(stock, 2), spread(ratio, 2)]),
    ]),
    '',
    ...plainTable([
      ['a step', 'JavaScript, ms', 'dispatches', 'submits'],
      ...timings.flatMap(({ method, javaScript, device }) => [
        [`${method}, engine`, spread(javaScript.engine, 3), count(device?.engine.dispatches), count(device?.engine.submits)],
        [`${method}, stock`, spread(javaScript.stock, 3), count(device?.stock.dispatches), count(device?.stock.submits)],
      ]),
    ]),
    '',
    'median (lower … upper quartile) over blocks of 5 steps, both in turn in one process; JavaScript over single steps',
    ...timings.map(
      ({ method, steps, tensors, bytes }) =>
        `${method}: ${tensors.before} tensors, ${bytes.before} bytes before and ${tensors.after} tensors, ${bytes.after} bytes after ${steps} steps of both`,
    ),
  ].join('\n');
}
