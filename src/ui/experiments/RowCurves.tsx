import { type ReactNode, useMemo, useState } from 'react';
import { measuresElbo } from '../../core/methods.ts';
import { runKey, runOf } from '../../core/paperTable.ts';
import type { StoredRun } from '../../core/storedRun.ts';
import { meanCurve, meanCurvesCsv } from '../../state/meanCurve.ts';
import { changedRows, rowName, seedsOf, type SweepPlan, type TablePlan } from '../../state/sweepPlan.ts';
import { say } from '../../texts/say.ts';
import { bandRows, type CurveRow, natTicks, percentTicks, percentTop, type TaskRange } from '../curves/curveRows.ts';
import { CurveChart, type CurveChartProps } from '../curves/CurveChart.tsx';
import { RadioChoice } from '../parts/Button.tsx';
import { useSweep } from '../parts/contexts.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { metricWords, type RunMetric } from '../parts/words.ts';
import style from './ExperimentsView.module.css';
import { MemorySizeCurves } from './MemorySizeCurves.tsx';
import { fileWords, SweepChart } from './SweepChart.tsx';
import { groupWords, rowWords } from './sweepWords.ts';

/** Where the tasks of runs end; empty if those that have an order of tasks do not agree. */
export function sharedTaskRanges(runs: readonly StoredRun[]): TaskRange[] {
  const ends = runs
    .map(({ curve }) => {
      const last = new Map<number, number>();
      for (const { task, step, set } of curve) if (set === 'complete' && step > 0) last.set(task, step);
      return [...last].sort(([one], [other]) => one - other);
    })
    // The i.i.d. bounds have a single complete evaluation, at their end.
    .filter((tasks) => tasks.length > 1);
  const [first] = ends;
  if (ends.length === 0 || ends.some((other) => JSON.stringify(other) !== JSON.stringify(first))) return [];
  return first.map(([number, end], index) => ({ number, start: index === 0 ? 0 : first[index - 1][1], end }));
}

/** The vertical axis: of bands, not only of means. */
function axisOf(metric: RunMetric, rows: readonly CurveRow[]): Pick<CurveChartProps, 'unit' | 'ticks'> {
  const ends = rows.flatMap(({ values, halfWidths }) =>
    values.flatMap((value, lane) =>
      value === null ? [] : [value - (halfWidths?.[lane] ?? 0), value + (halfWidths?.[lane] ?? 0)],
    ),
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
  plan,
  metric,
  choice,
  drawn,
}: {
  readonly plan: SweepPlan;
  readonly metric: RunMetric;
  /** What chooses between this chart and another in its place; none where there is no other. */
  readonly choice?: ReactNode;
  readonly drawn: readonly string[];
}) {
  const runs = useSweep((state) => state.runs);
  const { title, heading } = metricWords(metric);

  const shown = useMemo(() => {
    const rows = changedRows(plan).filter((row) => drawn.includes(rowName(row)));
    const ordered = rows.sort((one, other) => drawn.indexOf(rowName(one)) - drawn.indexOf(rowName(other)));
    return ordered.map((row) => {
      const finished = seedsOf(plan.seeds).flatMap((seed) => runs.get(runKey(runOf(row, seed))) ?? []);
      return { row, finished, points: meanCurve(finished) };
    });
  }, [plan, runs, drawn]);
  const chart = useMemo((): Omit<CurveChartProps, 'width' | 'height' | 'rem'> => {
    const rows = bandRows(
      shown.map(({ points }) => points),
      metric,
    );
    const groups = new Set(shown.map(({ row }) => row.group));
    return {
      title,
      rows,
      laneNames: shown.map(({ row, finished }, index) => {
        const name = groups.size > 1 ? `${rowWords(row)}, ${groupWords(row.group)}` : rowWords(row);
        return `${laneIdentity(index).letter} · ${name}, n = ${finished.length}`;
      }),
      tasks: sharedTaskRanges(shown.flatMap(({ finished }) => finished.slice(0, 1))),
      totalSteps: Math.max(0, ...rows.map(({ step }) => step)),
      marks: [],
      ...axisOf(metric, rows),
      labelsAt: 'top',
    };
  }, [shown, metric, title]);
  const means = say('experiments.curves.means');
  const empty =
    shown.length === 0 && plan.kind === 'table'
      ? say('experiments.curves.pressFirst')
      : say('experiments.curves.empty');

  return (
    <SweepChart
      title={title}
      heading={heading}
      choice={choice}
      explanation={plan.kind === 'own' ? means : say('experiments.curves.press', { means })}
      unit={chart.unit}
      laneNames={chart.laneNames}
      runs={shown.flatMap(({ finished }) => finished)}
      empty={chart.rows.length === 0 ? empty : null}
      pictureKey={say('experiments.curves.key')}
      intervalMark="band"
      content={fileWords[metric]}
      csv={() => meanCurvesCsv(plan.kind === 'own' ? 'own' : plan.table, shown)}
      draw={(size) => <CurveChart {...chart} {...size} />}
    />
  );
}

const charts = ['averageForgetting', 'negativeElbo'] as const satisfies readonly RunMetric[];

/** What is drawn beside accuracy: forgetting; where a drawn row has a VAE, by choice its −ELBO, which Table 5 is about. */
export function SecondRowCurves({ plan, drawn }: { readonly plan: SweepPlan; readonly drawn: readonly string[] }) {
  const [chosen, setChosen] = useState<(typeof charts)[number] | null>(null);
  const elbo = changedRows(plan).some((row) => measuresElbo(row.config.method) && drawn.includes(rowName(row)));
  if (!elbo) return <RowCurves plan={plan} metric="averageForgetting" drawn={drawn} />;
  const metric = chosen ?? (plan.kind === 'table' && plan.table === 5 ? 'negativeElbo' : 'averageForgetting');
  return (
    <RowCurves
      plan={plan}
      metric={metric}
      choice={
        <RadioChoice
          label={say('curves.secondChart')}
          options={charts}
          words={{ averageForgetting: say('curves.forgetting'), negativeElbo: say('curves.elbo') }}
          value={metric}
          onChange={setChosen}
        />
      }
      drawn={drawn}
    />
  );
}

/** What the horizontal axis of the charts is. */
const curveAxes = ['memory', 'step'] as const;
export type CurveAxis = (typeof curveAxes)[number];

/** The charts of a table; of Figure 4 by choice the figure itself, or learning curves. */
export function DrawnCurves({
  plan,
  axis,
  onAxis,
  drawn,
}: {
  readonly plan: TablePlan;
  /** Null where a table has learning curves only. */
  readonly axis: CurveAxis | null;
  readonly onAxis: (axis: CurveAxis) => void;
  /** Names of the rows whose learning curves are drawn. */
  readonly drawn: readonly string[];
}) {
  return (
    <div className={style.curves}>
      {axis !== null && (
        <div className={style.axis}>
          <RadioChoice
            label={say('leaderboard.charts.label')}
            options={curveAxes}
            words={{ memory: say('experiments.curves.byMemory'), step: say('experiments.curves.byStep') }}
            value={axis}
            onChange={onAxis}
          />
        </div>
      )}
      {axis === 'memory' ? (
        <>
          <MemorySizeCurves plan={plan} metric="averageAccuracy" />
          <MemorySizeCurves plan={plan} metric="averageForgetting" />
        </>
      ) : (
        <>
          <RowCurves plan={plan} metric="averageAccuracy" drawn={drawn} />
          <SecondRowCurves plan={plan} drawn={drawn} />
        </>
      )}
    </div>
  );
}
