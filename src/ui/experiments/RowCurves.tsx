import { useMemo, useRef } from 'react';
import { runKey, runOf } from '../../engine/paperTable.ts';
import type { StoredRun } from '../../engine/storedRun.ts';
import { meanCurve } from '../../state/meanCurve.ts';
import { meanCurvesCsv } from '../../state/meanCurvesCsv.ts';
import { seedsOf } from '../../state/seedRange.ts';
import { changedRows, changesFromPaper, rowName, type SweepPlan } from '../../state/sweepPlan.ts';
import { CurveChart, type CurveChartProps } from '../curves/CurveChart.tsx';
import { CurveLegend } from '../curves/CurveLegend.tsx';
import { percentTicks, percentTop } from '../curves/curveMarks.ts';
import type { CurveMetric } from '../curves/curveRows.ts';
import curves from '../curves/Curves.module.css';
import { exportChart } from '../curves/exportChart.ts';
import { ExportMenu, type ExportFormat } from '../curves/ExportMenu.tsx';
import { useLabActions } from '../LabContext.ts';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import card from '../parts/Card.module.css';
import { Explanation } from '../parts/Explanation.tsx';
import { useSize } from '../useSize.ts';
import { backendWords } from '../words.ts';
import { bandRows, sharedTaskRanges } from './bandRows.ts';
import { useSweep } from './SweepContext.ts';
import { planWords, tableFileName } from './sweepWords.ts';

const titles: Readonly<Record<CurveMetric, string>> = {
  averageAccuracy: 'Average accuracy',
  averageForgetting: 'Average forgetting',
};

/** What a picture must say to be read without the page. */
function configLines(plan: SweepPlan, runs: readonly StoredRun[]): readonly [string, string] {
  const changes = changesFromPaper(plan);
  const backends = [...new Set(runs.map(({ backend }) => backendWords[backend]))].join(', ');
  const versions = [...new Set(runs.map(({ version }) => `MIR Lab ${version}`))].join(', ');
  return [
    `${planWords(plan)} · band: 95% interval`,
    [changes.length === 0 ? 'the paper’s settings' : changes.join('; '), backends, versions].filter(Boolean).join(' · '),
  ];
}

/** Learning curves of some rows: means over the finished seeds, with their intervals as bands. */
export function RowCurves({ metric, drawn }: { readonly metric: CurveMetric; readonly drawn: readonly string[] }) {
  const plan = useSweep((state) => state.plan);
  const runs = useSweep((state) => state.runs);
  const { notify } = useLabActions();
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(plot);
  const title = titles[metric];

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
    const highest = Math.max(0, ...rows.flatMap(({ values, halfWidths }) => values.map((value, index) => (value ?? 0) + (halfWidths?.[index] ?? 0))));
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
      unit: 'percent',
      ticks: percentTicks(percentTop(metric === 'averageAccuracy' ? 100 : highest)),
      labelsAt: 'top',
    };
  }, [shown, metric, title]);
  const empty = chart.rows.length === 0;

  async function keep(format: ExportFormat): Promise<void> {
    const fileName = tableFileName(plan, title.toLowerCase().replace(' ', '-'), format.toLowerCase());
    const picture = {
      chart,
      key: 'marker: complete test set · line: test subset',
      configLines: configLines(plan, shown.flatMap(({ finished }) => finished)),
    };
    await exportChart(format, fileName, picture, () => meanCurvesCsv(shown), (text) => notify('error', text));
  }

  return (
    <section aria-label={title} className={`${card.card} ${curves.panel}`}>
      <header className={curves.header}>
        <h2 className={card.heading}>
          {title}, %{' '}
          <Explanation of={`${title.toLowerCase()} of rows`}>
            Means over the seeds that have finished; the band is the 95% interval of the mean. Press a method in the table to draw
            its curve or to remove it: up to four.
          </Explanation>
        </h2>
        <ExportMenu onExport={(format) => void keep(format)} disabled={empty} />
      </header>
      <CurveLegend laneNames={chart.laneNames} />
      <div ref={plot} className={curves.plot}>
        {empty ? (
          <p>{shown.length === 0 ? 'Press a method in the table to draw its curve.' : 'Curves come with the first finished run.'}</p>
        ) : (
          size !== null && size.width > 0 && size.height > 0 && <CurveChart {...chart} {...size} />
        )}
      </div>
    </section>
  );
}
