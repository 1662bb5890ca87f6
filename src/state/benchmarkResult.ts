import type { ContestantTiming } from '../engine/benchmark/benchmarkTiming.ts';
import type { Quartiles } from '../engine/benchmark/quartiles.ts';
import { engineVersion } from '../engine/version.ts';
import type { BenchmarkState } from './benchmarkState.ts';

/** "1.25 (1.20 … 1.31)": median and quartiles. */
export function spread({ lower, median, upper }: Quartiles, digits: number): string {
  return `${median.toFixed(digits)} (${lower.toFixed(digits)} … ${upper.toFixed(digits)})`;
}

/** As many dispatches or submits; "–" where there is no graphics device. */
export function calls(count: number | undefined): string {
  return count === undefined ? '–' : String(Math.round(10 * count) / 10);
}

type Result = Pick<BenchmarkState, 'backend' | 'timings'>;

/** What a result is from, in one line. */
export function resultSource({ backend }: Result, browser: string): string {
  const device = backend === null || backend.device === '' ? '' : ` (${backend.device})`;
  return `MIR Lab ${engineVersion}, ${backend?.name ?? 'no backend'}${device}, ${browser}`;
}

/** A result as a Markdown table, for a message or an issue. */
export function benchmarkMarkdown(result: Result, browser: string): string {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  const cellsOf = (subject: string, { name, time, ratio, javaScript, device }: ContestantTiming) => [
    subject, name, spread(time, 2), ratio === null ? '' : spread(ratio, 2), spread(javaScript, 3), calls(device?.dispatches), calls(device?.submits),
  ];
  return [
    `${resultSource(result, browser)}.`,
    '',
    row(['step', 'by', 'ms', 'over the engine’s', 'JavaScript, ms', 'dispatches', 'submits']),
    row(['---', '---', '---:', '---:', '---:', '---:', '---:']),
    ...result.timings.flatMap(({ subject, contestants }) => contestants.map((contestant) => row(cellsOf(subject, contestant)))),
    '',
    'Median (lower … upper quartile) over blocks of steps, each in turn.',
    ...result.timings.map(
      ({ subject, steps, tensors, bytes }) => `${subject}: ${steps} steps; ${tensors.before} tensors, ${bytes.before} bytes before and ${tensors.after} tensors, ${bytes.after} bytes after.`,
    ),
    '',
  ].join('\n');
}

/** A result as a file, in the form of the command line's. */
export function benchmarkJson({ backend, timings }: Result, browser: string): string {
  return `${JSON.stringify({ backend: backend?.name ?? null, device: backend?.device ?? null, browser, version: engineVersion, timings }, null, 2)}\n`;
}
