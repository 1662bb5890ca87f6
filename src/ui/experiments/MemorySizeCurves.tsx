import { useMemo } from 'react';
import { CartesianGrid, Line, LineChart, Tooltip, type TooltipContentProps, usePlotArea, XAxis } from 'recharts';
import { autoencoderBytes, memoryBytes } from '../../core/memoryBytes.ts';
import { runKey, runOf } from '../../core/paperTable.ts';
import { memorySizeCsv, type MemorySizeCurve, memorySizeCurves, seedCountText } from '../../state/memorySize.ts';
import { changedRows } from '../../state/sweepPlan.ts';
import { CurveTooltip, type Size, valueAxis } from '../curves/chartParts.tsx';
import { percentTicks, percentTop } from '../curves/curveRows.ts';
import card from '../parts/Card.module.css';
import { useSweep } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { laneIdentity, markerPath } from '../parts/laneIdentity.tsx';
import { megabytes, metricWords, type CurveMetric } from '../parts/words.ts';
import style from './MemoryBytesTable.module.css';
import { shownLines } from './resultColumns.ts';
import { SweepChart } from './SweepChart.tsx';

/** A point of one curve. */
interface MemorySizeRow {
  /** Latents in all. */
  readonly capacity: number;
  /** Where it stands on the axis: beside the other curves' points of the same size, so that their intervals can be told apart. */
  readonly at: number;
  readonly lane: number;
  /** Percent. */
  readonly value: number;
  /** Of the 95% interval, in percent; null for a single seed. */
  readonly halfWidth: number | null;
}

/** Between neighbouring curves' points of one size, on a logarithmic axis. */
const gap = 1.15;

/** The points of all curves that have finished runs, from left to right. */
export function memorySizeRows(curves: readonly MemorySizeCurve[], metric: CurveMetric): MemorySizeRow[] {
  const rows = curves.flatMap(({ points }, lane) =>
    points.flatMap(({ capacity, line }): MemorySizeRow[] => {
      const estimate = metric === 'averageAccuracy' ? line.accuracy : line.forgetting;
      if (estimate === null) return [];
      const { mean, halfWidth95 } = estimate;
      const at = capacity * gap ** (lane - (curves.length - 1) / 2);
      return [{ capacity, at, lane, value: 100 * mean, halfWidth: halfWidth95 === null ? null : 100 * halfWidth95 }];
    }),
  );
  return rows.sort((one, other) => one.at - other.at);
}

interface MemorySizeChartProps extends Size {
  readonly title: string;
  readonly rows: readonly MemorySizeRow[];
  readonly laneNames: readonly string[];
  /** Values of the horizontal axis: latents in all, from the smallest memory to the largest. */
  readonly capacities: readonly number[];
  /** Values of the vertical axis in percent, both ends included. */
  readonly ticks: readonly number[];
}

/** How far the axis goes on beyond the outer memories, as a factor. */
const beyond = 1.3;

/** A marker, and above and below it the interval; an end that the axis cuts off has no cap. */
function MarkedInterval({
  cx,
  cy,
  row,
  ticks,
  rem,
}: { readonly cx: number; readonly cy: number; readonly row: MemorySizeRow } & Pick<
  MemorySizeChartProps,
  'ticks' | 'rem'
>) {
  const plot = usePlotArea();
  if (plot === undefined) return null;
  const { color, marker } = laneIdentity(row.lane);
  const [bottom, top] = [ticks[0], ticks[ticks.length - 1]];
  const at = (value: number) => plot.y + (plot.height * (top - value)) / (top - bottom);
  const ends = [row.value - (row.halfWidth ?? 0), row.value + (row.halfWidth ?? 0)];
  const [low, high] = ends.map((value) => at(Math.min(top, Math.max(bottom, value))));
  const cap = 0.3 * rem;
  return (
    <g stroke={color} strokeWidth={0.12 * rem} strokeDasharray="none">
      {row.halfWidth !== null && <line x1={cx} x2={cx} y1={low} y2={high} />}
      {row.halfWidth !== null &&
        ends
          .filter((value) => value >= bottom && value <= top)
          .map((value) => <line key={value} x1={cx - cap} x2={cx + cap} y1={at(value)} y2={at(value)} />)}
      <path d={markerPath(marker, cx, cy, 0.8 * rem)} fill={color} stroke="var(--card)" strokeWidth={1.5} />
    </g>
  );
}

/** Percent against the size of the memory, one line per method. */
function MemorySizeChart({ title, rows, laneNames, capacities, ticks, width, height, rem }: MemorySizeChartProps) {
  const text = { fontSize: 0.875 * rem, fill: 'var(--mute)' };
  const ofCapacity = (capacity: number, pick: (row: MemorySizeRow) => number | null) =>
    laneNames.map((_, lane) => {
      const row = rows.find((other) => other.capacity === capacity && other.lane === lane);
      return row === undefined ? null : pick(row);
    });
  return (
    <LineChart
      width={width}
      height={height}
      data={rows}
      margin={{ top: 0.6 * rem, right: 0.9 * rem, bottom: 0, left: 0 }}
      aria-label={`${title} of each method by memory size`}
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        type="number"
        scale="log"
        dataKey="at"
        domain={[capacities[0] / beyond, capacities[capacities.length - 1] * beyond]}
        ticks={[...capacities]}
        interval={0}
        tick={text}
        tickLine={{ stroke: 'var(--edge)' }}
        axisLine={{ stroke: 'var(--edge)' }}
        height={1.75 * rem}
        tickFormatter={(capacity: number) =>
          `${capacity.toLocaleString('en')}${capacity === capacities[0] ? ' latents' : ''}`
        }
      />
      {valueAxis(ticks, rem)}
      {laneNames.map((name, lane) => {
        const { color, dash } = laneIdentity(lane);
        return (
          <Line
            key={lane}
            name={name}
            dataKey={(row: MemorySizeRow) => (row.lane === lane ? row.value : null)}
            stroke={color}
            strokeWidth={0.16 * rem}
            {...(dash === undefined ? {} : { strokeDasharray: dash })}
            connectNulls
            isAnimationActive={false}
            activeDot={false}
            dot={({ cx, cy, index, payload }: { cx?: number; cy?: number; index: number; payload: MemorySizeRow }) =>
              cx !== undefined && cy !== undefined && payload.lane === lane ? (
                <MarkedInterval key={index} cx={cx} cy={cy} row={payload} ticks={ticks} rem={rem} />
              ) : (
                <g key={index} />
              )
            }
          />
        );
      })}
      <Tooltip
        isAnimationActive={false}
        cursor={{ stroke: 'var(--edge)' }}
        wrapperStyle={{ zIndex: 10 }}
        content={({ active, payload }: TooltipContentProps) => {
          const row = active ? (payload[0]?.payload as MemorySizeRow | undefined) : undefined;
          if (row === undefined) return null;
          return (
            <CurveTooltip
              heading={`${row.capacity.toLocaleString('en')} latents · complete test set`}
              values={ofCapacity(row.capacity, ({ value }) => value)}
              halfWidths={ofCapacity(row.capacity, ({ halfWidth }) => halfWidth)}
              laneNames={laneNames}
              unit="percent"
            />
          );
        }}
      />
    </LineChart>
  );
}

/** Figure 4: what the methods of a table reach with memories of different sizes. */
export function MemorySizeCurves({ metric }: { readonly metric: CurveMetric }) {
  const plan = useSweep((state) => state.plan);
  const runs = useSweep((state) => state.runs);
  const { title, heading } = metricWords(metric);
  const curves = useMemo(() => memorySizeCurves(shownLines({ plan, runs })), [plan, runs]);
  const chart = useMemo((): Omit<MemorySizeChartProps, 'width' | 'height' | 'rem'> => {
    const rows = memorySizeRows(curves, metric);
    const highest = Math.max(0, ...rows.map(({ value, halfWidth }) => value + (halfWidth ?? 0)));
    return {
      title,
      rows,
      laneNames: curves.map(
        (curve, lane) => `${laneIdentity(lane).letter} · ${curve.label}, n = ${seedCountText(curve)}`,
      ),
      capacities: [...new Set(curves.flatMap(({ points }) => points.map(({ capacity }) => capacity)))].sort(
        (one, other) => one - other,
      ),
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
      draw={(size) => <MemorySizeChart {...chart} {...size} />}
    />
  );
}

/** What a memory of latents takes against a memory of as many images, for each memory size of the table. */
export function MemoryBytesTable() {
  const plan = useSweep((state) => state.plan);
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
