import { useMemo, useRef, type ReactNode } from 'react';
import type { EvaluationEvent } from '../../engine/events.ts';
import { curvesCsv } from '../../state/curvesCsv.ts';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { useLab, useLabItems, useLabStore } from '../LabContext.ts';
import card from '../parts/Card.module.css';
import { Explanation } from '../parts/Explanation.tsx';
import { runFileName } from '../runFileName.ts';
import { useSize } from '../useSize.ts';
import { useThrottled } from '../useThrottled.ts';
import { methodWords } from '../words.ts';
import type { Picture } from './chartPicture.tsx';
import { configLines } from './configLines.ts';
import { CurveChart, type CurveChartProps } from './CurveChart.tsx';
import { CurveLegend } from './CurveLegend.tsx';
import { changeMarks, natTicks, percentTicks, percentTop, taskRanges } from './curveMarks.ts';
import { curveRows, type CurveRow, type RunMetric } from './curveRows.ts';
import { exportChart } from './exportChart.ts';
import { ExportMenu, type ExportFormat } from './ExportMenu.tsx';
import { metricWords } from './metricWords.ts';
import style from './Curves.module.css';

function axisOf(metric: RunMetric, rows: readonly CurveRow[]): Pick<CurveChartProps, 'unit' | 'ticks'> {
  const values = rows.flatMap((row) => row.values.filter((value) => value !== null));
  switch (metric) {
    case 'averageAccuracy':
      return { unit: 'percent', ticks: percentTicks(100) };
    case 'averageForgetting':
      return { unit: 'percent', ticks: percentTicks(percentTop(Math.max(0, ...values))) };
    case 'negativeElbo':
      return { unit: 'nats', ticks: natTicks(values) };
    default:
      return metric satisfies never;
  }
}

/** The rows of a chart. An untrained generator's −ELBO would leave the rest of the curve flat. */
function rowsOf(lanes: readonly (readonly EvaluationEvent[])[], metric: RunMetric): CurveRow[] {
  const rows = curveRows(lanes, metric);
  return metric === 'negativeElbo' ? rows.filter(({ step }) => step > 0) : rows;
}

/** Four new drawings a second look live; more would only take time from the page. */
const drawingInterval = 250;

/** One measure of all lanes as it develops, to look at and to take along. */
export function CurvePanel({
  metric,
  choice,
}: {
  readonly metric: RunMetric;
  /** What chooses between this chart and another in its place; none where there is no other. */
  readonly choice?: ReactNode;
}) {
  const store = useLabStore();
  const { title, heading, explanation } = metricWords[metric];
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(plot);
  const evaluations = useThrottled(
    useLabItems(({ shown }) => shown?.lanes.map((lane) => lane.evaluations) ?? []),
    drawingInterval,
  );
  const laneNames = useLabItems(
    ({ shown, config }) =>
      (shown ? shown.lanes.map((lane) => lane.method) : config.lanes).map(
        (method, index) => `${laneIdentity(index).letter} · ${methodWords[method]}`,
      ),
  );
  const tasks = useLab(({ shown }) => shown?.tasks);
  const changes = useLab(({ shown }) => shown?.changes);
  const totalSteps = useLab(({ shown }) => shown?.totalSteps ?? 0);
  const nothingShown = useLab(({ shown }) => shown === null);
  const subset = useLab(({ shown }) => shown?.evaluation?.size ?? null);

  const rows = useMemo(() => rowsOf(evaluations, metric), [evaluations, metric]);
  const marks = useMemo(() => changeMarks(changes ?? []), [changes]);
  const ranges = useMemo(() => taskRanges(tasks ?? []), [tasks]);
  const chart = useMemo(
    (): Omit<CurveChartProps, 'width' | 'height' | 'rem'> => ({
      title,
      rows,
      laneNames,
      tasks: ranges,
      totalSteps,
      marks,
      ...axisOf(metric, rows),
      labelsAt: metric === 'averageAccuracy' ? 'bottom' : 'top',
    }),
    [title, rows, laneNames, ranges, totalSteps, marks, metric],
  );

  async function keep(format: ExportFormat): Promise<void> {
    const { shown, actions } = store.getState();
    if (!shown) return;
    const fileName = runFileName(shown.config, title.toLowerCase().replace(' ', '-'), format.toLowerCase());
    // The run may have gone on since the chart was last drawn.
    const latestRows = rowsOf(shown.lanes.map((lane) => lane.evaluations), metric);
    const latest = { ...chart, rows: latestRows, ...axisOf(metric, latestRows) };
    const line = shown.evaluation ? `line: ${shown.evaluation.size.toLocaleString('en')} test images` : 'line: test subset';
    const picture: Picture = {
      ...{ title, unit: latest.unit, laneNames },
      draw: (plotSize) => <CurveChart {...latest} {...plotSize} />,
      key: `marker: complete test set · ${line}`,
      configLines: configLines(shown),
    };
    const csv = () => curvesCsv(shown.lanes.flatMap((lane) => lane.evaluations), shown.tasks.length);
    await exportChart(format, fileName, picture, csv, (text) => actions.notify('error', text));
  }

  return (
    <section aria-label={title} className={`${card.card} ${style.panel}`}>
      <header className={style.header}>
        <h2 className={card.heading}>
          {/* What chooses the chart names it, too. */}
          <span className={choice === undefined ? undefined : 'hidden-text'}>{heading}</span> {choice}
          <Explanation of={title.toLowerCase()}>
            {explanation} Markers are counted on the complete test set, after each task
            {subset === null ? '' : `; the line between them on a fixed subset of ${subset.toLocaleString('en')} test images`}.
          </Explanation>
        </h2>
        <ExportMenu onExport={(format) => void keep(format)} disabled={nothingShown} />
      </header>
      <CurveLegend laneNames={laneNames} />
      <div ref={plot} className={style.plot}>
        {size !== null && size.width > 0 && size.height > 0 && <CurveChart {...chart} {...size} />}
      </div>
    </section>
  );
}
