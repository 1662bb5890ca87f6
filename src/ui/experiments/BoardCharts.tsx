import { useMemo } from 'react';
import { CartesianGrid, Scatter, ScatterChart, Tooltip, type TooltipContentProps, XAxis } from 'recharts';
import { type Measure, type MeasureKey, measures } from '../../core/metrics.ts';
import { methods } from '../../core/methods.ts';
import { mixturesOf } from '../../core/provenance.ts';
import { type BoardLine, estimateOf, formatBoard, shownMeasures } from '../../state/sweepBoard.ts';
import { type BoardChart, boardCharts, type OwnPlan, ownRows, rowName, variedWords } from '../../state/sweepPlan.ts';
import { plain } from '../../texts/numbers.ts';
import { say, sayOr } from '../../texts/say.ts';
import { type Size, valueAxis } from '../curves/chartParts.tsx';
import { natTicks } from '../curves/curveRows.ts';
import curves from '../curves/Curves.module.css';
import { RadioChoice } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useSweepActions } from '../parts/contexts.ts';
import { laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import style from './ExperimentsView.module.css';
import { unitHead, useBoardLines } from './Leaderboard.tsx';
import { intervalWords } from './resultColumns.ts';
import { RowCurves, SecondRowCurves } from './RowCurves.tsx';
import { MarkedIntervals, SettingChart, settingRows, type SettingSeries, settingsOf } from './SettingChart.tsx';
import { groupWords } from './sweepWords.ts';
import { SweepChart } from './SweepChart.tsx';

/** A row of the leaderboard as a point: percent, and halves of 95% intervals. */
interface ScatterPoint {
  readonly name: string;
  /** What is written beside it: its letter, or its value of the varied setting. */
  readonly label: string;
  readonly lane: number;
  readonly accuracy: number;
  readonly accuracyHalf: number | null;
  readonly forgetting: number;
  readonly forgettingHalf: number | null;
}

/** The rows that have both accuracy and forgetting, in the order of the plan. */
export function scatterPoints(plan: OwnPlan, lines: readonly BoardLine[]): ScatterPoint[] {
  const percent = (fraction: number | null) => (fraction === null ? null : 100 * fraction);
  return lines.flatMap((line): ScatterPoint[] => {
    const { row } = line;
    const accuracy = estimateOf(line, 'averageAccuracy').value;
    const forgetting = estimateOf(line, 'averageForgetting').value;
    if (accuracy === null || forgetting === null) return [];
    const lane = plan.methods.indexOf(row.method);
    return [
      {
        name: row.group === '' ? row.label : `${row.label}, ${groupWords(row.group)}`,
        label: row.value === null ? laneIdentity(lane).letter : plain(row.value),
        lane,
        accuracy: 100 * accuracy.mean,
        accuracyHalf: percent(accuracy.halfWidth95),
        forgetting: 100 * forgetting.mean,
        forgettingHalf: percent(forgetting.halfWidth95),
      },
    ];
  });
}

/** Round values of a percent axis that holds means and the ends of their intervals, as far as there can be such. */
export function percentAxis(means: readonly { readonly value: number; readonly half: number | null }[]): number[] {
  const ends = means.flatMap(({ value, half }) => [value - (half ?? 0), value + (half ?? 0)]);
  return natTicks(ends.map((end) => Math.min(100, Math.max(0, end)))).filter((tick) => tick >= 0 && tick <= 100);
}

/** "n = 3", "n = 2–3". */
function seedsWords(lines: readonly BoardLine[]): string {
  const counts = lines.map(({ seeds }) => seeds.length);
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return `n = ${least === most ? least : `${least}–${most}`}`;
}

/** A name for each method, with its letter and its seeds. */
function namesOf(plan: OwnPlan, lines: readonly BoardLine[]): string[] {
  return plan.methods.map((method, lane) => {
    const own = lines.filter(({ row }) => row.method === method);
    return `${laneIdentity(lane).letter} · ${own[0].row.label}, ${seedsWords(own)}`;
  });
}

/** What the chart knows of a point when it is drawn. */
interface ScatterShape {
  readonly cx?: number | undefined;
  readonly cy?: number | undefined;
  readonly payload?: ScatterPoint;
}

/** Accuracy against forgetting: the best stand at the top left. */
function ScatterPlot({
  points,
  lanes,
  width,
  height,
  rem,
}: Size & {
  readonly points: readonly ScatterPoint[];
  /** How many methods there are. */
  readonly lanes: number;
}) {
  const vertical = percentAxis(points.map(({ accuracy, accuracyHalf }) => ({ value: accuracy, half: accuracyHalf })));
  const horizontal = percentAxis(
    points.map(({ forgetting, forgettingHalf }) => ({ value: forgetting, half: forgettingHalf })),
  );
  const text = { fontSize: rem, fill: 'var(--mute)' };
  return (
    <ScatterChart
      width={width}
      height={height}
      margin={{ top: 0.6 * rem, right: 1.2 * rem, bottom: 0, left: 0 }}
      aria-label={say('leaderboard.charts.scatterLabel')}
    >
      <CartesianGrid stroke="var(--line)" />
      <XAxis
        type="number"
        dataKey="forgetting"
        domain={[horizontal[0], horizontal[horizontal.length - 1]]}
        ticks={horizontal}
        tickFormatter={plain}
        interval={0}
        tick={text}
        tickLine={false}
        axisLine={{ stroke: 'var(--edge)' }}
        height={2.8 * rem}
        label={{
          value: say('leaderboard.charts.forgetting'),
          position: 'insideBottom',
          fontSize: rem,
          fill: 'var(--mute)',
        }}
      />
      {valueAxis(vertical, rem, 'accuracy')}
      {Array.from({ length: lanes }, (_, lane) => {
        const { color, dash } = laneIdentity(lane);
        const own = points.filter((point) => point.lane === lane);
        return (
          <Scatter
            key={lane}
            data={own}
            isAnimationActive={false}
            line={own.length > 1 ? { stroke: color, strokeWidth: 0.1 * rem, strokeDasharray: dash ?? 'none' } : false}
            shape={({ cx, cy, payload }: ScatterShape) =>
              cx === undefined || cy === undefined || payload === undefined ? (
                <g />
              ) : (
                <MarkedIntervals
                  cx={cx}
                  cy={cy}
                  lane={lane}
                  vertical={{ value: payload.accuracy, halfWidth: payload.accuracyHalf }}
                  verticalTicks={vertical}
                  horizontal={{ value: payload.forgetting, halfWidth: payload.forgettingHalf }}
                  horizontalTicks={horizontal}
                  label={payload.label}
                  rem={rem}
                />
              )
            }
          />
        );
      })}
      <Tooltip
        isAnimationActive={false}
        cursor={false}
        wrapperStyle={{ zIndex: 10 }}
        content={({ active, payload }: TooltipContentProps) => {
          const point = active ? (payload[0]?.payload as ScatterPoint | undefined) : undefined;
          if (point === undefined) return null;
          const { marker, color } = laneIdentity(point.lane);
          const written = (value: number, half: number | null) =>
            intervalWords({ mean: value / 100, halfWidth95: half === null ? null : half / 100 }, 'percent');
          return (
            <div className={curves.tooltip}>
              <p>
                <LaneMarker shape={marker} color={color} /> {point.name}
              </p>
              <ul>
                <li>
                  {say('leaderboard.charts.accuracyValue')} <b>{written(point.accuracy, point.accuracyHalf)}</b>
                </li>
                <li>
                  {say('leaderboard.charts.forgettingValue')} <b>{written(point.forgetting, point.forgettingHalf)}</b>
                </li>
              </ul>
            </div>
          );
        }}
      />
    </ScatterChart>
  );
}

interface OwnChartProps {
  readonly plan: OwnPlan;
  readonly lines: readonly BoardLine[];
}

const referenceOf = ({ view: { reference } }: OwnPlan) =>
  reference && { method: reference, label: methods[reference].label };

function ScatterPanel({ plan, lines }: OwnChartProps) {
  const points = scatterPoints(plan, lines);
  return (
    <SweepChart
      title={say('leaderboard.charts.scatterTitle')}
      heading={say('leaderboard.charts.scatterHeading')}
      explanation={say('leaderboard.charts.scatterExplanation')}
      unit="percent"
      laneNames={namesOf(plan, lines)}
      runs={lines.flatMap(({ runs }) => runs)}
      empty={points.length === 0 ? say('leaderboard.charts.empty') : null}
      pictureKey={say('leaderboard.charts.key')}
      intervalMark="bar"
      content="accuracy-against-forgetting"
      csv={() => formatBoard(lines, referenceOf(plan), 'csv', mixturesOf(lines.flatMap(({ runs }) => runs)))}
      draw={(size) => <ScatterPlot points={points} lanes={plan.methods.length} {...size} />}
    />
  );
}

/** The lines as curves over the varied setting. What does not heed it has the same everywhere. */
export function boardSeries(plan: OwnPlan, lines: readonly BoardLine[], key: MeasureKey): SettingSeries[] {
  const settings = plan.varied?.values ?? [];
  return plan.methods.map((method, lane) => ({
    lane,
    points: lines
      .filter(({ row }) => row.method === method)
      .flatMap((line) => {
        const estimate = estimateOf(line, key).value;
        const { value } = line.row;
        return (value === null ? settings : [value]).map((setting) => ({ setting, estimate }));
      }),
  }));
}

function SettingPanel({
  plan,
  lines,
  measure,
  shown,
  onMeasure,
}: OwnChartProps & {
  readonly measure: Measure;
  readonly shown: readonly Measure[];
  readonly onMeasure: ((key: MeasureKey) => void) | null;
}) {
  const { key } = measure;
  const label = sayOr(`measures.${key}.label`, measure.label);
  const unit = measure.unit === 'nats' ? 'nats' : 'percent';
  const series = boardSeries(plan, lines, key);
  const rows = settingRows(series, unit);
  const ends = rows.map(({ value, halfWidth }) => ({ value, half: halfWidth }));
  const setting = plan.varied?.setting ?? 'memoryPerClass';
  const title = say('leaderboard.charts.settingTitle', {
    measure: label,
    setting: say(`leaderboard.charts.bySetting.${setting}`),
  });
  return (
    <SweepChart
      title={title}
      heading={unitHead(label, measure)}
      choice={
        onMeasure === null ? undefined : (
          <select
            aria-label={say('leaderboard.charts.second')}
            className={`${choice.select} ${choice.small} ${style.choice}`}
            value={key}
            onChange={({ target }) => {
              const wanted = shown.find((other) => other.key === target.value);
              if (wanted !== undefined) onMeasure(wanted.key);
            }}
          >
            {shown.map((other) => (
              <option key={other.key} value={other.key}>
                {sayOr(`measures.${other.key}.label`, other.label)}
              </option>
            ))}
          </select>
        )
      }
      explanation={say('leaderboard.charts.settingExplanation')}
      unit={unit}
      laneNames={namesOf(plan, lines)}
      runs={lines.flatMap(({ runs }) => runs)}
      empty={rows.length === 0 ? say('leaderboard.charts.empty') : null}
      pictureKey={say('leaderboard.charts.key')}
      intervalMark="bar"
      content={`${measure.label} by ${setting}`.toLowerCase().replaceAll(/[^a-z]+/g, '-')}
      csv={() => formatBoard(lines, referenceOf(plan), 'csv', mixturesOf(lines.flatMap(({ runs }) => runs)))}
      draw={(size) => (
        <SettingChart
          title={title}
          rows={rows}
          laneNames={namesOf(plan, lines)}
          settings={settingsOf(series)}
          settingWords={(value) => groupWords(variedWords(setting, value))}
          unit={unit}
          ticks={unit === 'nats' || measure.unit === 'points' ? natTicks(axisEnds(ends)) : percentAxis(ends)}
          {...size}
        />
      )}
    />
  );
}

const axisEnds = (means: readonly { readonly value: number; readonly half: number | null }[]) =>
  means.flatMap(({ value, half }) => [value - (half ?? 0), value + (half ?? 0)]);

/** The charts of an own comparison, one kind at a time. */
export function BoardCharts({ plan }: { readonly plan: OwnPlan }) {
  const { setPlan } = useSweepActions();
  const lines = useBoardLines(plan);
  const drawn = useMemo(() => ownRows(plan).map(rowName), [plan]);
  const { varied, view } = plan;
  const words: Readonly<Record<BoardChart, string>> = {
    scatter: say('leaderboard.charts.scatter'),
    setting: say(varied?.setting === 'learningRate' ? 'leaderboard.charts.byRate' : 'leaderboard.charts.byMemory'),
    step: say('leaderboard.charts.step'),
  };
  // Curves of every value of a setting would be too many to tell apart.
  const offered = boardCharts.filter((chart) =>
    chart === 'setting' ? varied !== null : chart !== 'step' || varied === null,
  );
  const chart = offered.includes(view.chart) ? view.chart : 'scatter';
  const shown = shownMeasures(lines);
  const second = shown.find(({ key }) => key === view.measure) ?? shown[1];
  const setView = (change: Partial<OwnPlan['view']>) => setPlan({ ...plan, view: { ...view, ...change } });
  return (
    <div className={style.curves} data-single={chart === 'scatter'}>
      <div className={style.axis}>
        <RadioChoice
          label={say('leaderboard.charts.label')}
          options={offered}
          words={words}
          value={chart}
          onChange={(wanted) => setView({ chart: wanted })}
        />
      </div>
      {lines.length > 0 && chart === 'scatter' && <ScatterPanel plan={plan} lines={lines} />}
      {lines.length > 0 && chart === 'setting' && (
        <>
          <SettingPanel plan={plan} lines={lines} measure={measures[0]} shown={shown} onMeasure={null} />
          <SettingPanel
            plan={plan}
            lines={lines}
            measure={second}
            shown={shown}
            onMeasure={(measure) => setView({ measure })}
          />
        </>
      )}
      {lines.length > 0 && chart === 'step' && (
        <>
          <RowCurves plan={plan} metric="averageAccuracy" drawn={drawn} />
          <SecondRowCurves plan={plan} drawn={drawn} />
        </>
      )}
    </div>
  );
}
