import { CartesianGrid, Line, LineChart, Tooltip, usePlotArea, XAxis, type TooltipContentProps } from 'recharts';
import { CurveTooltip } from '../curves/CurveTooltip.tsx';
import { valueAxis } from '../curves/valueAxis.tsx';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { markerPath } from '../lanes/markerPath.ts';
import type { Size } from '../useSize.ts';
import type { MemorySizeRow } from './memorySizeRows.ts';

export interface MemorySizeChartProps extends Size {
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
function MarkedInterval({ cx, cy, row, ticks, rem }: { readonly cx: number; readonly cy: number; readonly row: MemorySizeRow } & Pick<MemorySizeChartProps, 'ticks' | 'rem'>) {
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
export function MemorySizeChart({ title, rows, laneNames, capacities, ticks, width, height, rem }: MemorySizeChartProps) {
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
        tickFormatter={(capacity: number) => `${capacity.toLocaleString('en')}${capacity === capacities[0] ? ' latents' : ''}`}
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
