import { useMemo } from 'react';
import { runKey, runOf } from '../../engine/paperTable.ts';
import { memorySizeCsv } from '../../state/memorySizeCsv.ts';
import { memorySizeCurves, seedCountText } from '../../state/memorySizeCurves.ts';
import { percentTicks, percentTop } from '../curves/curveMarks.ts';
import type { CurveMetric } from '../curves/curveRows.ts';
import { metricWords } from '../curves/metricWords.ts';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { MemorySizeChart, type MemorySizeChartProps } from './MemorySizeChart.tsx';
import { memorySizeRows } from './memorySizeRows.ts';
import { shownLines } from './shownLines.ts';
import { SweepChart } from './SweepChart.tsx';
import { useSweep } from './SweepContext.ts';

/** Figure 4: what the methods of a table reach with memories of different sizes. */
export function MemorySizeCurves({ metric }: { readonly metric: CurveMetric }) {
  const plan = useSweep((state) => state.plan);
  const runs = useSweep((state) => state.runs);
  const { title, heading } = metricWords[metric];
  const curves = useMemo(() => memorySizeCurves(shownLines({ plan, runs })), [plan, runs]);
  const chart = useMemo((): Omit<MemorySizeChartProps, 'width' | 'height' | 'rem'> => {
    const rows = memorySizeRows(curves, metric);
    const highest = Math.max(0, ...rows.map(({ value, halfWidth }) => value + (halfWidth ?? 0)));
    return {
      title,
      rows,
      laneNames: curves.map((curve, lane) => `${laneIdentity(lane).letter} · ${curve.label}, n = ${seedCountText(curve)}`),
      capacities: [...new Set(curves.flatMap(({ points }) => points.map(({ capacity }) => capacity)))].sort((one, other) => one - other),
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
