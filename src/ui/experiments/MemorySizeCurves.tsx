import Papa from 'papaparse';
import { useMemo } from 'react';
import { autoencoderBytes, memoryBytes, memoryCapacity } from '../../core/memoryBytes.ts';
import type { MethodName } from '../../core/methods.ts';
import type { Interval } from '../../core/metrics.ts';
import { runKey, runOf, type TableLine } from '../../core/paperTable.ts';
import { changedRows, type TablePlan } from '../../state/sweepPlan.ts';
import { percentTicks, percentTop } from '../curves/curveRows.ts';
import card from '../parts/Card.module.css';
import { useSweep } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { megabytes, metricWords, type CurveMetric } from '../parts/words.ts';
import style from './MemoryBytesTable.module.css';
import { shownLines } from './resultColumns.ts';
import { SettingChart, type SettingChartProps, settingRows, settingsOf } from './SettingChart.tsx';
import { SweepChart } from './SweepChart.tsx';

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
      title: `${title} of each method by memory size`,
      rows,
      laneNames: curves.map(
        (curve, lane) => `${laneIdentity(lane).letter} · ${curve.label}, n = ${seedCountText(curve)}`,
      ),
      settings: settingsOf(series),
      settingWords: (capacity) => `${capacity.toLocaleString('en')} latents`,
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
      explanation="Means over the seeds that have finished, after the last task, against the number of latents in the memory, on a logarithmic axis; the bar is the 95% interval of the mean. Points of one memory size stand side by side. The paper prints no numbers beside this figure."
      unit="percent"
      laneNames={chart.laneNames}
      runs={drawnFrom}
      empty={chart.rows.length === 0 ? 'Points come with the first finished run.' : null}
      pictureKey="marker: complete test set, after the last task"
      intervalMark="bar"
      content={`${title.toLowerCase().replaceAll(' ', '-')}-by-memory-size`}
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
    <section aria-label="Bytes of a memory" className={`${card.card} ${style.panel}`}>
      <h2 className={card.heading}>
        Bytes of a memory{' '}
        <Explanation of="bytes of a memory">
          What the pictures in a full memory take. Latents are kept as 32-bit numbers, images as a dataset keeps them, a
          byte for each number, or as a network takes them, 32 bits for each. Labels and tasks, the same for both, are
          left out. Here a memory of images keeps only their places in the dataset, which this page holds anyway.
        </Explanation>
      </h2>
      <table className={style.table}>
        <caption className="hidden-text">Megabytes that latents take, and as many images, by memory size</caption>
        <thead>
          <tr>
            <th scope="col">In memory</th>
            <th scope="col">latents, 32-bit</th>
            <th scope="col">images, bytes</th>
            <th scope="col">images, 32-bit</th>
          </tr>
        </thead>
        <tbody>
          {sizes.map((bytes) => (
            <tr key={bytes.capacity}>
              <th scope="row">{bytes.capacity.toLocaleString('en')}</th>
              <td>{megabytes(bytes.latents)}</td>
              <td>{megabytes(bytes.imagesAsBytes)}</td>
              <td>{megabytes(bytes.imagesAsFloats)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className={style.note}>
        An image takes {(imagesAsBytes / latents).toFixed(1)} or {(imagesAsFloats / latents).toFixed(1)} times as much
        as its latent. Latents need the autoencoder besides: {autoencoder.parameters.toLocaleString('en')} parameters,{' '}
        {megabytes(autoencoder.bytes)}.
      </p>
    </section>
  );
}
