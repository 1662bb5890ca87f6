import { memo, useMemo } from 'react';
import {
  Area,
  CartesianGrid,
  ComposedChart,
  Line,
  LineChart,
  LineDrawShape,
  type LineDrawShapeProps,
  ReferenceLine,
  Tooltip,
  type TooltipContentProps,
  useXAxisScale,
  useYAxisScale,
  XAxis,
  ZIndexLayer,
} from 'recharts';
import { say } from '../../texts/say.ts';
import { laneIdentity, markerPath } from '../parts/laneIdentity.tsx';
import { ChangeLabel, CurveTooltip, TaskLabel, valueAxis } from './chartParts.tsx';
import { type AxisUnit, type ChangeMark, type CurveRow, stepTicks, type TaskRange, zoomTicks } from './curveRows.ts';

export interface CurveChartProps {
  readonly title: string;
  readonly rows: readonly CurveRow[];
  /** A name for each lane, for the values that appear on hover. */
  readonly laneNames: readonly string[];
  /** Lanes of each backdrop, whose values the rows have in `behind`. */
  readonly behind?: readonly number[];
  readonly tasks: readonly TaskRange[];
  readonly totalSteps: number;
  readonly marks: readonly ChangeMark[];
  readonly unit: AxisUnit;
  /** Values of the vertical axis, both ends included. */
  readonly ticks: readonly number[];
  /** A look at a few steps: the first of them, which may be below 0, and what a step is called; every value is marked. */
  readonly zoom?: { readonly from: number; readonly words: (step: number) => string };
  /** Where the marks' labels stand: away from where the curves mostly are. */
  readonly labelsAt: 'top' | 'bottom';
  readonly width: number;
  readonly height: number;
  /** CSS pixels per rem. */
  readonly rem: number;
}

/** The ends of both axes: those of the ticks, and beyond them where values are. */
interface Ends {
  readonly steps: readonly [number, number];
  readonly values: readonly [number, number];
}

function endsOf({
  rows,
  totalSteps,
  ticks,
  zoom,
}: Pick<CurveChartProps, 'rows' | 'totalSteps' | 'ticks' | 'zoom'>): Ends {
  const first = zoom?.from ?? 0;
  const last = Math.max(1, totalSteps);
  let [lowest, highest] = [ticks[0], ticks[ticks.length - 1]];
  const reach = (value: number | null) => {
    if (value === null || !Number.isFinite(value)) return;
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  };
  for (const { values, behind = [] } of rows) {
    values.forEach(reach);
    for (const { value } of behind) reach(value);
  }
  return {
    steps: [Math.min(first, rows.at(0)?.step ?? first), Math.max(last, rows.at(-1)?.step ?? last)],
    values: [lowest, highest],
  };
}

/** The ends, the same object as long as they are the same numbers. */
function useEnds(props: CurveChartProps): Ends {
  const { steps, values } = endsOf(props);
  const [first, last, lowest, highest] = [...steps, ...values];
  return useMemo(() => ({ steps: [first, last], values: [lowest, highest] }), [first, last, lowest, highest]);
}

/**
 * Axes, grid and task boundaries. The ends of the axes are given, data or not: else the library works them out with every
 * value, and lays all of it out anew.
 */
function frame({
  tasks,
  totalSteps,
  ticks,
  zoom,
  rem,
  ends,
}: Pick<CurveChartProps, 'tasks' | 'totalSteps' | 'ticks' | 'zoom' | 'rem'> & { readonly ends: Ends }) {
  const text = { fontSize: rem, fill: 'var(--mute)' };
  return (
    <>
      <CartesianGrid vertical={false} stroke="var(--line)" />
      {tasks.map(({ number, start, end }) => (
        <ReferenceLine
          key={number}
          x={end}
          stroke="var(--edge)"
          strokeOpacity={end === totalSteps ? 0 : tasks.length > 10 ? 0.4 : 0.7}
          strokeDasharray="2 4"
          label={<TaskLabel number={number} share={(end - start) / Math.max(1, totalSteps)} rem={rem} />}
        />
      ))}
      <XAxis
        type="number"
        dataKey="step"
        domain={[...ends.steps]}
        allowDataOverflow
        ticks={zoom === undefined ? stepTicks(totalSteps) : zoomTicks(zoom.from, totalSteps)}
        interval={0}
        tick={text}
        tickLine={false}
        axisLine={{ stroke: 'var(--edge)' }}
        height={1.5 * rem}
        tickFormatter={(step: number) =>
          step === 0 && zoom === undefined ? say('curves.stepZero') : String(step).replace('-', '−')
        }
      />
      {valueAxis(ticks, rem, undefined, ends.values)}
    </>
  );
}

/** Keeps the axes where nothing has been measured yet: a chart without rows draws no numbers at them. */
const nothingYet: readonly CurveRow[] = [{ step: 0, values: [0], complete: [] }];

/** A lane's filled marker: the complete test set was used. */
function CompleteMark({
  lane,
  x,
  y,
  size,
}: {
  readonly lane: number;
  readonly x: number;
  readonly y: number;
  readonly size: number;
}) {
  const { color, marker } = laneIdentity(lane);
  return (
    <path
      d={markerPath(marker, x, y, size)}
      fill={color}
      stroke="var(--card)"
      strokeWidth={1.5}
      strokeDasharray="none"
    />
  );
}

/**
 * The markers of all lanes, above their lines; a single value, which makes no line, is a dot. The library would make one
 * for every value, empty ones too, and each time a layer of its own.
 */
const Marks = memo(function Marks({
  rows,
  size,
  rem,
}: {
  readonly rows: readonly CurveRow[];
  readonly size: number;
  readonly rem: number;
}) {
  const x = useXAxisScale();
  const y = useYAxisScale();
  if (x === undefined || y === undefined) return null;
  return (
    <ZIndexLayer zIndex={600}>
      {rows.flatMap(({ step, values, complete }) =>
        values.map((value, lane) => {
          if (value === null || !(complete[lane] || rows.length === 1)) return null;
          const [left, top] = [x(step), y(value)];
          const key = `${step} ${lane}`;
          if (left === undefined || top === undefined) return null;
          if (complete[lane]) return <CompleteMark key={key} lane={lane} x={left} y={top} size={size} />;
          return <circle key={key} cx={left} cy={top} r={0.2 * rem} fill={laneIdentity(lane).color} stroke="none" />;
        }),
      )}
    </ZIndexLayer>
  );
});

/** A line as it is: also where it runs along an end of an axis, where the library would cut off half its width. */
function WholeLine({ clipPath: _clipPath, ...line }: LineDrawShapeProps) {
  return <LineDrawShape {...line} />;
}

/** The library's dot where a line has one value only; the marks are drawn apart. */
const noDot = ({ index }: { readonly index: number }) => <g key={index} />;

/**
 * One lane's line.
 *
 * @param single whether there is one value at most
 */
function laneLine(name: string, lane: number, rem: number, single: boolean) {
  const { color, dash } = laneIdentity(lane);
  return (
    <Line
      key={lane}
      name={name}
      dataKey={(row: CurveRow) => row.values[lane]}
      stroke={color}
      strokeWidth={0.16 * rem}
      {...(dash === undefined ? {} : { strokeDasharray: dash })}
      connectNulls
      isAnimationActive={false}
      activeDot={{ r: 0.28 * rem, fill: color, stroke: 'var(--card)' }}
      dot={single && noDot}
      shape={WholeLine}
    />
  );
}

/** The 95% interval around one lane's means. */
function laneBand(lane: number, bottom: number, top: number) {
  return (
    <Area
      key={`band ${lane}`}
      dataKey={({ values, halfWidths }: CurveRow) => {
        const [value, half] = [values[lane], halfWidths?.[lane] ?? null];
        return value === null || half === null ? null : [Math.max(bottom, value - half), Math.min(top, value + half)];
      }}
      stroke="none"
      fill={laneIdentity(lane).color}
      fillOpacity={0.18}
      connectNulls
      isAnimationActive={false}
      activeDot={false}
      tooltipType="none"
    />
  );
}

/** A pale line behind the lanes, and the interval around it. */
function behindLine(place: number, lane: number, bottom: number, top: number, rem: number) {
  const { color, dash } = laneIdentity(lane);
  return [
    <Area
      key={`behind ${place}`}
      dataKey={({ behind }: CurveRow) => {
        const { value = null, half = null } = behind?.[place] ?? {};
        return value === null || half === null ? null : [Math.max(bottom, value - half), Math.min(top, value + half)];
      }}
      stroke="none"
      fill={color}
      fillOpacity={0.2}
      connectNulls
      isAnimationActive={false}
      activeDot={false}
      tooltipType="none"
    />,
    <Line
      key={`pale ${place}`}
      dataKey={({ behind }: CurveRow) => behind?.[place]?.value ?? null}
      stroke={color}
      strokeOpacity={0.4}
      strokeWidth={0.12 * rem}
      {...(dash === undefined ? {} : { strokeDasharray: dash })}
      connectNulls
      dot={false}
      shape={WholeLine}
      activeDot={false}
      isAnimationActive={false}
      tooltipType="none"
    />,
  ];
}

/** Percent or nats against steps, one line per lane; filled markers stand where the complete test set was used. */
export const CurveChart = memo(function CurveChart(props: CurveChartProps) {
  const { title, rows, laneNames, tasks, totalSteps, marks, unit, labelsAt, zoom, width, height, rem } = props;
  // Ticks are worked out anew with every row, and are mostly the same: only others lay the axes out anew.
  const tickText = props.ticks.join();
  const ticks = useMemo(() => tickText.split(',').map(Number), [tickText]);
  const ends = useEnds(props);
  // While it trains only the rows change: parts that stay the same element are not laid out anew.
  const still = useMemo(
    () => frame({ tasks, totalSteps, ticks, rem, ends, ...(zoom && { zoom }) }),
    [tasks, totalSteps, ticks, zoom, rem, ends],
  );
  const single = rows.length <= 1;
  const markerSize = (zoom === undefined ? 0.72 : 0.5) * rem;
  const lines = useMemo(
    () => laneNames.map((name, lane) => laneLine(name, lane, rem, single)),
    [laneNames, rem, single],
  );
  const banded = rows.some(({ halfWidths }) => halfWidths !== undefined);
  const bands = useMemo(
    () => (banded ? laneNames.map((_, lane) => laneBand(lane, ticks[0], ticks[ticks.length - 1])) : null),
    [banded, laneNames, ticks],
  );
  const behindText = (props.behind ?? []).join();
  const behind = useMemo(() => {
    const lanes = behindText === '' ? [] : behindText.split(',').flatMap((count) => [...Array(Number(count)).keys()]);
    return lanes.flatMap((lane, place) => behindLine(place, lane, ticks[0], ticks[ticks.length - 1], rem));
  }, [behindText, ticks, rem]);
  // Without data a chart of lines alone still has its axes.
  const Chart = banded || behind.length > 0 ? ComposedChart : LineChart;
  const changes = useMemo(
    () =>
      marks.map(({ step, label }) => (
        <ReferenceLine
          key={step}
          x={step}
          stroke="var(--ink)"
          strokeWidth={1.5}
          zIndex={500}
          label={<ChangeLabel text={label} at={labelsAt} chartWidth={width} rem={rem} />}
        />
      )),
    [marks, labelsAt, width, rem],
  );
  const values = useMemo(
    () => (
      <Tooltip
        isAnimationActive={false}
        cursor={{ stroke: 'var(--edge)' }}
        wrapperStyle={{ zIndex: 10 }}
        content={({ active, payload }: TooltipContentProps) => {
          const row = active ? (payload[0]?.payload as CurveRow | undefined) : undefined;
          if (row === undefined || row === nothingYet[0]) return null;
          const heading =
            zoom?.words(row.step) ??
            say(row.complete.includes(true) ? 'curves.stepComplete' : 'curves.stepSubset', { step: row.step });
          return (
            <CurveTooltip
              heading={heading}
              values={row.values}
              halfWidths={row.halfWidths}
              laneNames={laneNames}
              unit={unit}
            />
          );
        }}
      />
    ),
    [laneNames, unit, zoom],
  );
  const margin = useMemo(
    () => ({ top: 1.15 * rem, right: (totalSteps >= 1_000 ? 1.2 : 0.9) * rem, bottom: 0, left: 0 }),
    [rem, totalSteps],
  );
  return (
    <Chart
      width={width}
      height={height}
      data={rows.length > 0 ? rows : nothingYet}
      margin={margin}
      aria-label={say('curves.ofEachLane', { title })}
    >
      {still}
      {bands}
      {behind}
      {lines}
      <Marks rows={rows} size={markerSize} rem={rem} />
      {changes}
      {values}
    </Chart>
  );
});
