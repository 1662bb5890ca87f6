import { CartesianGrid, Line, LineChart, Tooltip, type TooltipContentProps, usePlotArea, XAxis } from 'recharts';
import type { Interval } from '../../core/metrics.ts';
import { amount } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { CurveTooltip, type Size, valueAxis } from '../curves/chartParts.tsx';
import type { AxisUnit } from '../curves/curveRows.ts';
import { laneIdentity, markerPath } from '../parts/laneIdentity.tsx';

/** A method over the values of a setting. */
export interface SettingSeries {
  /** Which lane's colour and marker it has. */
  readonly lane: number;
  readonly points: readonly { readonly setting: number; readonly estimate: Interval | null }[];
}

/** A point of one curve. */
interface SettingRow {
  readonly setting: number;
  /** Where it stands on the axis: beside the other curves' points of the same value, so that intervals can be told apart. */
  readonly at: number;
  readonly lane: number;
  /** Percent or nats. */
  readonly value: number;
  /** Of the 95% interval; null for a single seed. */
  readonly halfWidth: number | null;
}

/** Between neighbouring curves' points of one value, on a logarithmic axis; at most. */
const widestGap = 1.15;

/** The same for so many curves that all points of one value stay apart from those of the next. */
function gapOf(settings: readonly number[], curves: number): number {
  const ratios = settings.slice(1).map((setting, index) => setting / settings[index]);
  return Math.min(widestGap, Math.min(Infinity, ...ratios) ** (0.6 / Math.max(1, curves - 1)));
}

/** The values of a setting that any of the curves has, the smallest first. */
export function settingsOf(series: readonly SettingSeries[]): number[] {
  const all = series.flatMap(({ points }) => points.map(({ setting }) => setting));
  return [...new Set(all)].sort((one, other) => one - other);
}

/** The points of all curves that have finished runs, from left to right. */
export function settingRows(series: readonly SettingSeries[], unit: AxisUnit): SettingRow[] {
  const factor = unit === 'percent' ? 100 : 1;
  const gap = gapOf(settingsOf(series), series.length);
  const rows = series.flatMap(({ lane, points }, place) =>
    points.flatMap(({ setting, estimate }): SettingRow[] => {
      if (estimate === null) return [];
      const { mean, halfWidth95 } = estimate;
      return [
        {
          setting,
          at: setting * gap ** (place - (series.length - 1) / 2),
          lane,
          value: factor * mean,
          halfWidth: halfWidth95 === null ? null : factor * halfWidth95,
        },
      ];
    }),
  );
  return rows.sort((one, other) => one.at - other.at);
}

/** A whisker from one end to the other, with a cap at each end that the axis does not cut off. */
function Whisker({
  from,
  to,
  across,
  cap,
}: {
  readonly from: { readonly at: number; readonly shown: boolean };
  readonly to: { readonly at: number; readonly shown: boolean };
  /** Its place on the other axis. */
  readonly across: { readonly x: number } | { readonly y: number };
  readonly cap: number;
}) {
  const upright = 'x' in across;
  const ends = [from, to].filter(({ shown }) => shown);
  return upright ? (
    <>
      <line x1={across.x} x2={across.x} y1={from.at} y2={to.at} />
      {ends.map(({ at }) => (
        <line key={at} x1={across.x - cap} x2={across.x + cap} y1={at} y2={at} />
      ))}
    </>
  ) : (
    <>
      <line x1={from.at} x2={to.at} y1={across.y} y2={across.y} />
      {ends.map(({ at }) => (
        <line key={at} x1={at} x2={at} y1={across.y - cap} y2={across.y + cap} />
      ))}
    </>
  );
}

/** A mean on one axis, and half of its interval; null where there is none. */
interface Marked {
  readonly value: number;
  readonly halfWidth: number | null;
}

/** A marker, and around it the intervals in the directions that have one. */
export function MarkedIntervals({
  cx,
  cy,
  lane,
  vertical,
  verticalTicks,
  horizontal,
  horizontalTicks,
  label,
  rem,
}: {
  readonly cx: number;
  readonly cy: number;
  readonly lane: number;
  readonly vertical: Marked;
  /** The axis' values, both ends included. */
  readonly verticalTicks: readonly number[];
  readonly horizontal?: Marked;
  readonly horizontalTicks?: readonly number[];
  /** What is written beside the marker. */
  readonly label?: string;
  readonly rem: number;
}) {
  const plot = usePlotArea();
  if (plot === undefined) return null;
  const { color, marker } = laneIdentity(lane);
  /** The ends of an interval on an axis whose first and last values lie at these places. */
  function ends({ value, halfWidth }: Marked, ticks: readonly number[], first: number, last: number) {
    const [low, high] = [ticks[0], ticks[ticks.length - 1]];
    const half = halfWidth ?? 0;
    const end = (wanted: number) => {
      const kept = Math.min(high, Math.max(low, wanted));
      return { at: first + ((kept - low) / (high - low)) * (last - first), shown: kept === wanted };
    };
    return { from: end(value - half), to: end(value + half) };
  }
  const cap = 0.3 * rem;
  return (
    <g stroke={color} strokeWidth={0.12 * rem} strokeDasharray="none">
      {vertical.halfWidth !== null && (
        <Whisker {...ends(vertical, verticalTicks, plot.y + plot.height, plot.y)} across={{ x: cx }} cap={cap} />
      )}
      {horizontal !== undefined && horizontalTicks !== undefined && horizontal.halfWidth !== null && (
        <Whisker {...ends(horizontal, horizontalTicks, plot.x, plot.x + plot.width)} across={{ y: cy }} cap={cap} />
      )}
      <path d={markerPath(marker, cx, cy, 0.8 * rem)} fill={color} stroke="var(--card)" strokeWidth={1.5} />
      {label !== undefined && (
        <text x={cx + 0.5 * rem} y={cy - 0.45 * rem} fontSize={0.875 * rem} fill="var(--ink)" stroke="none">
          {label}
        </text>
      )}
    </g>
  );
}

export interface SettingChartProps extends Size {
  readonly title: string;
  readonly rows: readonly SettingRow[];
  readonly laneNames: readonly string[];
  /** Values of the horizontal axis, the smallest first. */
  readonly settings: readonly number[];
  /** A value of it in words. */
  readonly settingWords: (setting: number) => string;
  readonly unit: AxisUnit;
  /** Values of the vertical axis, both ends included. */
  readonly ticks: readonly number[];
}

/** How far the axis goes on beyond the outer values, as a factor. */
const beyond = 1.3;
/** And beyond the outer points, where many stand side by side. */
const nearly = 1.1;

/** A measure against the values of a setting on a logarithmic axis, one line per method. */
export function SettingChart(props: SettingChartProps) {
  const { title, rows, laneNames, settings, settingWords, unit, ticks, width, height, rem } = props;
  const text = { fontSize: 0.875 * rem, fill: 'var(--mute)' };
  const ofSetting = (setting: number, pick: (row: SettingRow) => number | null) =>
    laneNames.map((_, lane) => {
      const row = rows.find((other) => other.setting === setting && other.lane === lane);
      return row === undefined ? null : pick(row);
    });
  return (
    <LineChart
      width={width}
      height={height}
      data={rows}
      margin={{ top: 0.6 * rem, right: 0.9 * rem, bottom: 0, left: 0 }}
      aria-label={title}
    >
      <CartesianGrid vertical={false} stroke="var(--line)" />
      <XAxis
        type="number"
        scale="log"
        dataKey="at"
        domain={[
          Math.min(settings[0] / beyond, rows[0].at / nearly),
          Math.max(settings[settings.length - 1] * beyond, rows[rows.length - 1].at * nearly),
        ]}
        ticks={[...settings]}
        interval={0}
        tick={text}
        tickLine={{ stroke: 'var(--edge)' }}
        axisLine={{ stroke: 'var(--edge)' }}
        height={1.75 * rem}
        tickFormatter={(setting: number) => (setting === settings[0] ? settingWords(setting) : amount(setting))}
      />
      {valueAxis(ticks, rem)}
      {laneNames.map((name, lane) => {
        const { color, dash } = laneIdentity(lane);
        return (
          <Line
            key={lane}
            name={name}
            dataKey={(row: SettingRow) => (row.lane === lane ? row.value : null)}
            stroke={color}
            strokeWidth={0.16 * rem}
            {...(dash === undefined ? {} : { strokeDasharray: dash })}
            connectNulls
            isAnimationActive={false}
            activeDot={false}
            dot={({ cx, cy, index, payload }: { cx?: number; cy?: number; index: number; payload: SettingRow }) =>
              cx !== undefined && cy !== undefined && payload.lane === lane ? (
                <MarkedIntervals
                  key={index}
                  cx={cx}
                  cy={cy}
                  lane={lane}
                  vertical={payload}
                  verticalTicks={ticks}
                  rem={rem}
                />
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
          const row = active ? (payload[0]?.payload as SettingRow | undefined) : undefined;
          if (row === undefined) return null;
          return (
            <CurveTooltip
              heading={say('experiments.curves.complete', { setting: settingWords(row.setting) })}
              values={ofSetting(row.setting, ({ value }) => value)}
              halfWidths={ofSetting(row.setting, ({ halfWidth }) => halfWidth)}
              laneNames={laneNames}
              unit={unit}
            />
          );
        }}
      />
    </LineChart>
  );
}
