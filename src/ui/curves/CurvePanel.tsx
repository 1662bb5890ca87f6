import { memo, type ReactNode, startTransition, useEffect, useMemo, useRef, useState } from 'react';
import { curvesCsv } from '../../core/csv.ts';
import type { EvaluationEvent } from '../../core/events.ts';
import { measuresElbo } from '../../core/methods.ts';
import { type LabState, newLane } from '../../state/labState.ts';
import { number } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { RadioChoice } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { sameItems, useLab, useLabItems, useLabStore, runFileName } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { laneIdentity, markerPath } from '../parts/laneIdentity.tsx';
import { laneWords, metricWords, type RunMetric } from '../parts/words.ts';
import {
  type Backdrop,
  behindEnds,
  useBackdrops,
  withBackdrops,
  changeMarks,
  type CurveRow,
  curveRows,
  natTicks,
  percentTicks,
  percentTop,
  taskRanges,
  equalGeneratorsWords,
} from './curveRows.ts';
import { useSize } from './chartParts.tsx';
import { configLines, exportChart, type ExportFormat, ExportMenu, type Picture } from './chartPicture.tsx';
import { CurveChart, type CurveChartProps } from './CurveChart.tsx';
import style from './Curves.module.css';
import { StabilityGap } from './StabilityGap.tsx';

/** Which line is which lane. */
export const CurveLegend = memo(function CurveLegend({
  laneNames,
  backdrops = [],
  marked = false,
}: {
  readonly laneNames: readonly string[];
  readonly backdrops?: readonly Backdrop[];
  /** Whether lanes are told apart by their markers, too: where there may be more of them than colours. */
  readonly marked?: boolean;
}) {
  return (
    <ul className={style.legend}>
      {laneNames.map((name, lane) => {
        const { color, dash, marker } = laneIdentity(lane);
        return (
          <li key={lane} className={style.lane} title={name}>
            <svg viewBox="0 0 28 12" width="1.5em" height="0.75em" aria-hidden="true">
              <line x1="0" x2="28" y1="6" y2="6" stroke={color} strokeWidth="2.5" strokeDasharray={dash} />
              {marked && <path d={markerPath(marker, 14, 6, 10)} fill={color} />}
            </svg>
            {name}
          </li>
        );
      })}
      {backdrops.map(({ name }) => (
        <li key={name} className={style.setKey}>
          <svg viewBox="0 0 18 12" width="1.125em" height="0.75em" aria-hidden="true">
            <rect width="18" height="12" fill="currentColor" opacity="0.35" />
          </svg>
          {name}
        </li>
      ))}
    </ul>
  );
});

function axisOf(metric: RunMetric, rows: readonly CurveRow[]): Pick<CurveChartProps, 'unit' | 'ticks'> {
  const values = rows.flatMap((row) => [...row.values, ...behindEnds(row)].filter((value) => value !== null));
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

/** Always the same: in the first task nothing is forgotten yet, and the chart stays as it is. */
const noRows: CurveRow[] = [];

/** The rows of a chart. An untrained generator's −ELBO would leave the rest of the curve flat. */
function rowsOf(lanes: readonly (readonly EvaluationEvent[])[], metric: RunMetric): CurveRow[] {
  const all = curveRows(lanes, metric);
  const rows = metric === 'negativeElbo' ? all.filter(({ step }) => step > 0) : all;
  return rows.length === 0 ? noRows : rows;
}

/** Four new drawings a second look live; more would only take time from the page. */
const drawingInterval = 250;

const evaluationsOf = ({ shown }: LabState) => shown?.lanes.map((lane) => lane.evaluations) ?? [];

/** Whether all lanes have been evaluated after the same step: they are one after the other. */
function allAlike(lanes: ReturnType<typeof evaluationsOf>): boolean {
  return lanes.every((evaluations) => evaluations.at(-1)?.step === lanes[0].at(-1)?.step);
}

/**
 * All lanes' evaluations as they were a quarter of a second ago at most: those of one step are drawn together. Whoever
 * asks renders only for a new drawing.
 */
function useDrawnEvaluations(): readonly (readonly EvaluationEvent[])[] {
  const store = useLabStore();
  const [evaluations, setEvaluations] = useState(() => evaluationsOf(store.getState()));
  const drawn = useRef(evaluations);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    let drawnAt = Number.NEGATIVE_INFINITY;
    function draw(): void {
      changedAt = null;
      drawnAt = performance.now();
      drawn.current = evaluationsOf(store.getState());
      startTransition(() => setEvaluations(drawn.current));
    }
    let changedAt: number | null = null;
    function look(): void {
      const latest = evaluationsOf(store.getState());
      if (sameItems(latest, drawn.current)) return;
      const now = performance.now();
      changedAt ??= now;
      const from = allAlike(latest) ? drawnAt : Math.max(drawnAt, changedAt);
      clearTimeout(timer);
      timer = setTimeout(draw, Math.max(0, from + drawingInterval - now));
    }
    look();
    const leave = store.subscribe(look);
    return () => {
      leave();
      clearTimeout(timer);
    };
  }, [store]);
  return evaluations;
}

/** What of a chart does not change while a run trains. */
type StillChart = Pick<CurveChartProps, 'title' | 'laneNames' | 'tasks' | 'totalSteps' | 'marks' | 'labelsAt'>;

/** The curves themselves. */
const Curves = memo(function Curves({
  metric,
  still,
  backdrops,
}: {
  readonly metric: RunMetric;
  readonly still: StillChart;
  readonly backdrops: readonly Backdrop[];
}) {
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(plot);
  const evaluations = useDrawnEvaluations();
  const present = useMemo(() => rowsOf(evaluations, metric), [evaluations, metric]);
  const rows = useMemo(() => withBackdrops(present, backdrops), [present, backdrops]);
  const axis = useMemo(() => axisOf(metric, rows), [metric, rows]);
  const behind = useMemo(() => backdrops.map(({ lanes }) => lanes), [backdrops]);
  const equal = metric === 'negativeElbo' ? equalGeneratorsWords(present) : null;
  return (
    <>
      {equal !== null && <p className={style.note}>{equal}</p>}
      <div ref={plot} className={style.plot}>
        {/* Before there is a run its axes would have no length; to draw them costs an opening page as much as a curve. */}
        {size !== null && size.width > 0 && size.height > 0 && still.totalSteps > 0 && (
          <CurveChart {...still} {...axis} {...size} rows={rows} behind={behind} />
        )}
      </div>
    </>
  );
});

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
  const { title, heading, explanation } = metricWords(metric);
  const laneNames = useLabItems(({ shown, config }) =>
    (shown?.lanes ?? config.lanes.map(newLane)).map(
      (lane, index) => `${laneIdentity(index).letter} · ${laneWords(lane)}`,
    ),
  );
  const tasks = useLab(({ shown }) => shown?.tasks);
  const changes = useLab(({ shown }) => shown?.changes);
  const totalSteps = useLab(({ shown }) => shown?.totalSteps ?? 0);
  const nothingShown = useLab(({ shown }) => shown === null);
  const subset = useLab(({ shown }) => shown?.evaluation?.size ?? null);

  const backdrops = useBackdrops(metric, totalSteps);
  const marks = useMemo(() => changeMarks(changes ?? []), [changes]);
  const ranges = useMemo(() => taskRanges(tasks ?? []), [tasks]);
  const still = useMemo(
    (): StillChart => ({
      title,
      laneNames,
      tasks: ranges,
      totalSteps,
      marks,
      labelsAt: metric === 'averageAccuracy' ? 'bottom' : 'top',
    }),
    [title, laneNames, ranges, totalSteps, marks, metric],
  );

  async function keep(format: ExportFormat): Promise<void> {
    const { shown, actions } = store.getState();
    if (!shown) return;
    const fileName = runFileName(
      shown.config,
      metric.replace(/[A-Z]/, (letter) => `-${letter.toLowerCase()}`),
      format.toLowerCase(),
    );
    // The run may have gone on since the chart was last drawn.
    const rows = withBackdrops(rowsOf(evaluationsOf(store.getState()), metric), backdrops);
    const behind = backdrops.map(({ lanes }) => lanes);
    const latest = { ...still, rows, behind, ...axisOf(metric, rows) };
    const line = shown.evaluation
      ? say('curves.lineTestImages', { images: number(shown.evaluation.size) })
      : say('curves.lineTestSubset');
    const picture: Picture = {
      ...{ title, unit: latest.unit, laneNames },
      draw: (plotSize) => <CurveChart {...latest} {...plotSize} />,
      key: [say('curves.markerCompleteTestSet'), line, ...backdrops.map(({ name }) => name)].join(' · '),
      configLines: configLines(shown),
    };
    const csv = () =>
      curvesCsv(
        shown.lanes.flatMap((lane) => lane.evaluations),
        shown.tasks.length,
      );
    await exportChart(format, fileName, picture, csv, (text) => actions.notify('error', text));
  }

  return (
    <section
      aria-label={title}
      data-spot={metric === 'averageAccuracy' ? 'accuracy' : 'second-chart'}
      className={`${card.card} ${style.panel}`}
    >
      <header className={style.header}>
        <h2 className={card.heading}>
          {/* What chooses the chart names it, too. */}
          <span className={choice === undefined ? undefined : 'hidden-text'}>{heading}</span> {choice}
          <Explanation of={say(`words.metrics.${metric}.inSentence`)}>
            {explanation}{' '}
            {subset === null ? say('curves.markersOnly') : say('curves.markersAndLine', { images: number(subset) })}
          </Explanation>
          {metric === 'averageAccuracy' && (
            <StabilityGap laneNames={laneNames} legend={<CurveLegend laneNames={laneNames} />} />
          )}
        </h2>
        <ExportMenu onExport={(format) => void keep(format)} disabled={nothingShown} />
      </header>
      <CurveLegend laneNames={laneNames} backdrops={backdrops} />
      <Curves metric={metric} still={still} backdrops={backdrops} />
    </section>
  );
}

const charts = ['averageForgetting', 'negativeElbo'] as const satisfies readonly RunMetric[];
const words = () => ({ averageForgetting: say('curves.forgetting'), negativeElbo: say('curves.elbo') });

/** What is measured beside accuracy: forgetting; where a lane has a VAE, by choice its −ELBO. */
export function SecondChart() {
  const elbo = useLab(({ shown, config }) =>
    (shown?.lanes.map(({ method }) => method) ?? config.lanes).some(measuresElbo),
  );
  const [metric, setMetric] = useState<(typeof charts)[number]>('averageForgetting');
  if (!elbo) return <CurvePanel metric="averageForgetting" />;
  return (
    <CurvePanel
      metric={metric}
      choice={
        <RadioChoice
          label={say('curves.secondChart')}
          options={charts}
          words={words()}
          value={metric}
          onChange={setMetric}
        />
      }
    />
  );
}
