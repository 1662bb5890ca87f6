import { useMemo, useRef } from 'react';
import { curvesCsv } from '../../state/curvesCsv.ts';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { useLab, useLabItems, useLabStore } from '../LabContext.ts';
import card from '../parts/Card.module.css';
import { Explanation } from '../parts/Explanation.tsx';
import { runFileName } from '../runFileName.ts';
import { useSize } from '../useSize.ts';
import { useThrottled } from '../useThrottled.ts';
import { methodWords } from '../words.ts';
import { configLines } from './configLines.ts';
import { CurveChart, type CurveChartProps } from './CurveChart.tsx';
import { CurveLegend } from './CurveLegend.tsx';
import { changeMarks, percentTop, taskRanges } from './curveMarks.ts';
import { curveRows, type CurveMetric, type CurveRow } from './curveRows.ts';
import { exportChart } from './exportChart.ts';
import { ExportMenu, type ExportFormat } from './ExportMenu.tsx';
import style from './Curves.module.css';

const titles: Readonly<Record<CurveMetric, string>> = {
  averageAccuracy: 'Average accuracy',
  averageForgetting: 'Average forgetting',
};

const explanations: Readonly<Record<CurveMetric, string>> = {
  averageAccuracy: 'The share of test images that a lane names right: the mean over the tasks seen so far. Higher is better.',
  averageForgetting:
    'How far the accuracy on each earlier task has fallen from the best it ever was, on average. Lower is better.',
};

function highest(rows: readonly CurveRow[]): number {
  return Math.max(0, ...rows.flatMap((row) => row.values.map((value) => value ?? 0)));
}

/** Four new drawings a second look live; more would only take time from the page. */
const drawingInterval = 250;

/** One measure of all lanes as it develops, to look at and to take along. */
export function CurvePanel({ metric }: { readonly metric: CurveMetric }) {
  const store = useLabStore();
  const title = titles[metric];
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

  const rows = useMemo(() => curveRows(evaluations, metric), [evaluations, metric]);
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
      percentTop: percentTop(metric === 'averageAccuracy' ? 100 : highest(rows)),
      labelsAt: metric === 'averageAccuracy' ? 'bottom' : 'top',
    }),
    [title, rows, laneNames, ranges, totalSteps, marks, metric],
  );

  async function keep(format: ExportFormat): Promise<void> {
    const { shown, actions } = store.getState();
    if (!shown) return;
    const fileName = runFileName(shown.config, title.toLowerCase().replace(' ', '-'), format.toLowerCase());
    // The run may have gone on since the chart was last drawn.
    const latest = { ...chart, rows: curveRows(shown.lanes.map((lane) => lane.evaluations), metric) };
    const line = shown.evaluation ? `line: ${shown.evaluation.size.toLocaleString('en')} test images` : 'line: test subset';
    const picture = { chart: latest, key: `marker: complete test set · ${line}`, configLines: configLines(shown) };
    const csv = () => curvesCsv(shown.lanes.flatMap((lane) => lane.evaluations), shown.tasks.length);
    await exportChart(format, fileName, picture, csv, (text) => actions.notify('error', text));
  }

  return (
    <section aria-label={title} className={`${card.card} ${style.panel}`}>
      <header className={style.header}>
        <h2 className={card.heading}>
          {title}, % <Explanation of={title.toLowerCase()}>
            {explanations[metric]} Markers are counted on the complete test set, after each task
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
