import Papa from 'papaparse';
import { useMemo } from 'react';
import { autoencoderBytes, memoryBytes, memoryCapacity } from '../../core/memoryBytes.ts';
import type { MethodName } from '../../core/methods.ts';
import type { Interval } from '../../core/metrics.ts';
import { runKey, runOf, type TableLine } from '../../core/paperTable.ts';
import { changedRows, type TablePlan } from '../../state/sweepPlan.ts';
import { fixed, number } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { percentTicks, percentTop } from '../curves/curveRows.ts';
import card from '../parts/Card.module.css';
import { useSweep } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { megabytes, metricWords, type CurveMetric } from '../parts/words.ts';
import style from './MemoryBytesTable.module.css';
import { shownLines } from './resultColumns.ts';
import { SettingChart, type SettingChartProps, settingRows, settingsOf } from './SettingChart.tsx';
import { fileWords, SweepChart } from './SweepChart.tsx';

/** A row of Figure 4: a method with a memory of one size. */
interface MemorySizePoint {
  /** Latents in all. */
  readonly capacity: number;
  readonly line: TableLine;
}

/** A method over the sizes of its memory. */
interface MemorySizeCurve {
  readonly method: MethodName;
  readonly label: string;
  /** From the smallest memory to the largest; those without a finished run too. */
  readonly points: readonly MemorySizePoint[];
}

/** The lines of Figure 4 as one curve for each method, in the order of the methods. */
export function memorySizeCurves(lines: readonly TableLine[]): MemorySizeCurve[] {
  const methods = [...new Set(lines.map(({ row }) => row.config.method))];
  return methods.map((method) => {
    const own = lines.filter(({ row }) => row.config.method === method);
    const points = own.map((line) => ({ capacity: memoryCapacity(line.row.config), line }));
    return { method, label: own[0].row.label, points: points.sort((one, other) => one.capacity - other.capacity) };
  });
}

/** The number of seeds in the points of a curve: "3", "2–3", or "0". */
export function seedCountText({ points }: MemorySizeCurve): string {
  const counts = points.map(({ line }) => line.seeds.length).filter((count) => count > 0);
  if (counts.length === 0) return '0';
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return least === most ? `${least}` : `${least}–${most}`;
}

/**
 * Figure 4 as CSV (RFC 4180): one line per method and memory size that has a finished run, with a header. Accuracy
 * and forgetting are means over n seeds, fractions in full precision, each with the half-width of its 95% interval;
 * bytes are those of the full memory, and of as many images.
 */
export function memorySizeCsv(curves: readonly MemorySizeCurve[]): string {
  const estimate = (value: Interval | null) => [value?.mean ?? null, value?.halfWidth95 ?? null];
  const header = [
    ...['method', 'latents', 'memoryPerClass', 'n', 'seeds'],
    ...['averageAccuracy', 'averageAccuracyHalfWidth95', 'averageForgetting', 'averageForgettingHalfWidth95'],
    ...['latentBytes', 'imageBytes', 'imageBytesAsFloats'],
  ];
  const rows = curves.flatMap(({ method, points }) =>
    points
      .filter(({ line }) => line.seeds.length > 0)
      .map(({ capacity, line: { row, seeds, accuracy, forgetting } }) => {
        const bytes = memoryBytes(row.config);
        return [
          ...[method, capacity, row.config.memoryPerClass, seeds.length, seeds.join(' ')],
          ...estimate(accuracy),
          ...estimate(forgetting),
          ...[bytes.latents, bytes.imagesAsBytes, bytes.imagesAsFloats],
        ];
      }),
  );
  return `${Papa.unparse([header, ...rows], { newline: '\r\n' })}\r\n`;
}

/** Figure 4: what the methods of a table reach with memories of different sizes. */
export function MemorySizeCurves({ plan, metric }: { readonly plan: TablePlan; readonly metric: CurveMetric }) {
  const runs = useSweep((state) => state.runs);
  const { title, heading } = metricWords(metric);
  const curves = useMemo(() => memorySizeCurves(shownLines({ plan, runs })), [plan, runs]);
  const chart = useMemo((): Omit<SettingChartProps, 'width' | 'height' | 'rem'> => {
    const series = curves.map(({ points }, lane) => ({
      lane,
      points: points.map(({ capacity, line }) => ({
        setting: capacity,
        estimate: metric === 'averageAccuracy' ? line.accuracy : line.forgetting,
      })),
    }));
    const rows = settingRows(series, 'percent');
    const highest = Math.max(0, ...rows.map(({ value, halfWidth }) => value + (halfWidth ?? 0)));
    return {
      title: say('experiments.memorySize.title', { measure: title }),
      rows,
      laneNames: curves.map(
        (curve, lane) => `${laneIdentity(lane).letter} · ${curve.label}, n = ${seedCountText(curve)}`,
      ),
      settings: settingsOf(series),
      settingWords: (capacity) => say('experiments.latents', { count: capacity }),
      unit: 'percent',
      ticks: percentTicks(percentTop(highest)),
    };
  }, [curves, metric, title]);
  const drawnFrom = curves.flatMap(({ points }) =>
    points.flatMap(({ line: { row, seeds } }) => seeds.flatMap((seed) => runs.get(runKey(runOf(row, seed))) ?? [])),
  );
  return (
    <SweepChart
      title={title}
      heading={heading}
      explanation={say('experiments.memorySize.explanation')}
      unit="percent"
      laneNames={chart.laneNames}
      runs={drawnFrom}
      empty={chart.rows.length === 0 ? say('leaderboard.charts.empty') : null}
      pictureKey={say('leaderboard.charts.key')}
      intervalMark="bar"
      content={`${fileWords[metric]}-by-memory-size`}
      csv={() => memorySizeCsv(curves)}
      draw={(size) => <SettingChart {...chart} {...size} />}
    />
  );
}

/** What a memory of latents takes against a memory of as many images, for each memory size of the table. */
export function MemoryBytesTable({ plan }: { readonly plan: TablePlan }) {
  const rows = changedRows(plan);
  const sizes = [...new Map(rows.map(({ config }) => [config.memoryPerClass, memoryBytes(config)])).values()];
  const autoencoder = autoencoderBytes(rows[0].config);
  const [{ latents, imagesAsBytes, imagesAsFloats }] = sizes;
  return (
    <section aria-label={say('experiments.memoryBytes.title')} className={`${card.card} ${style.panel}`}>
      <h2 className={card.heading}>
        {say('experiments.memoryBytes.title')}{' '}
        <Explanation of={say('experiments.memoryBytes.about')}>
          {say('experiments.memoryBytes.explanation')}
        </Explanation>
      </h2>
      <table className={style.table}>
        <caption className="hidden-text">{say('experiments.memoryBytes.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{say('experiments.memoryBytes.inMemory')}</th>
            <th scope="col">{say('experiments.memoryBytes.latents')}</th>
            <th scope="col">{say('experiments.memoryBytes.bytes')}</th>
            <th scope="col">{say('experiments.memoryBytes.floats')}</th>
          </tr>
        </thead>
        <tbody>
          {sizes.map((bytes) => (
            <tr key={bytes.capacity}>
              <th scope="row">{number(bytes.capacity)}</th>
              <td>{megabytes(bytes.latents)}</td>
              <td>{megabytes(bytes.imagesAsBytes)}</td>
              <td>{megabytes(bytes.imagesAsFloats)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={style.note}>
        {say('experiments.memoryBytes.note', {
          asBytes: fixed(imagesAsBytes / latents, 1),
          asFloats: fixed(imagesAsFloats / latents, 1),
          parameters: autoencoder.parameters,
          bytes: megabytes(autoencoder.bytes),
        })}
      </p>
    </section>
  );
}
