import { useMemo, type ReactNode } from 'react';
import { runKey, runOf } from '../../engine/paperTable.ts';
import { meanCurve } from '../../state/meanCurve.ts';
import { meanCurvesCsv } from '../../state/meanCurvesCsv.ts';
import { seedsOf } from '../../state/seedRange.ts';
import { changedRows, rowName } from '../../state/sweepPlan.ts';
import { CurveChart, type CurveChartProps } from '../curves/CurveChart.tsx';
import { natTicks, percentTicks, percentTop } from '../curves/curveMarks.ts';
import type { CurveRow, RunMetric } from '../curves/curveRows.ts';
import { metricWords } from '../curves/metricWords.ts';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { bandRows, sharedTaskRanges } from './bandRows.ts';
import { SweepChart } from './SweepChart.tsx';
import { useSweep } from './SweepContext.ts';

/** The vertical axis: of bands, not only of means. */
function axisOf(metric: RunMetric, rows: readonly CurveRow[]): Pick<CurveChartProps, 'unit' | 'ticks'> {
  const ends = rows.flatMap(({ values, halfWidths }) =>
    values.flatMap((value, lane) => (value === null ? [] : [value - (halfWidths?.[lane] ?? 0), value + (halfWidths?.[lane] ?? 0)])),
  );
  switch (metric) {
    case 'averageAccuracy':
      return { unit: 'percent', ticks: percentTicks(100) };
    case 'averageForgetting':
      return { unit: 'percent', ticks: percentTicks(percentTop(Math.max(0, ...ends))) };
    case 'negativeElbo':
      // No image costs less than nothing.
      return { unit: 'nats', ticks: natTicks(ends.map((end) => Math.max(0, end))) };
    default:
      return metric satisfies never;
  }
}

/** Learning curves of some rows: means over the finished seeds, with their intervals as bands. */
export function RowCurves({
  metric,
  choice,
  drawn,
}: {
  readonly metric: RunMetric;
  /** What chooses between this chart and another in its place; none where there is no other. */
  readonly choice?: ReactNode;
  readonly drawn: readonly string[];
}) {
  const plan = useSweep((state) => state.plan);
  const runs = useSweep((state) => state.runs);
  const { title, heading } = metricWords[metric];

  const shown = useMemo(() => {
    const rows = changedRows(plan).filter((row) => drawn.includes(rowName(row)));
    const ordered = rows.sort((one, other) => drawn.indexOf(rowName(one)) - drawn.indexOf(rowName(other)));
    return ordered.map((row) => {
      const finished = seedsOf(plan.seeds).flatMap((seed) => runs.get(runKey(runOf(row, seed))) ?? []);
      return { row, finished, points: meanCurve(finished) };
    });
  }, [plan, runs, drawn]);
  const chart = useMemo((): Omit<CurveChartProps, 'width' | 'height' | 'rem'> => {
    const rows = bandRows(shown.map(({ points }) => points), metric);
    const groups = new Set(shown.map(({ row }) => row.group));
    return {
      title,
      rows,
      laneNames: shown.map(({ row, finished }, index) => {
        const name = groups.size > 1 ? `${row.label}, ${row.group}` : row.label;
        return `${laneIdentity(index).letter} · ${name}, n = ${finished.length}`;
      }),
      tasks: sharedTaskRanges(shown.flatMap(({ finished }) => finished.slice(0, 1))),
      totalSteps: Math.max(0, ...rows.map(({ step }) => step)),
      marks: [],
      ...axisOf(metric, rows),
      labelsAt: 'top',
    };
  }, [shown, metric, title]);
  const empty = shown.length === 0 ? 'Press a method in the table to draw its curve.' : 'Curves come with the first finished run.';

  return (
    <SweepChart
      title={title}
      heading={heading}
      choice={choice}
      explanation="Means over the seeds that have finished; the band is the 95% interval of the mean. Press a method in the table to draw its curve or to remove it: up to four."
      unit={chart.unit}
      laneNames={chart.laneNames}
      runs={shown.flatMap(({ finished }) => finished)}
      empty={chart.rows.length === 0 ? empty : null}
      pictureKey="marker: complete test set · line: test subset"
      intervalMark="band"
      content={title.toLowerCase().replace(' ', '-')}
      csv={() => meanCurvesCsv(shown)}
      draw={(size) => <CurveChart {...chart} {...size} />}
    />
  );
}
