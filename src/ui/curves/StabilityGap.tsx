import { ZoomIn } from 'lucide-react';
import { type ReactNode, useId, useMemo, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import {
  boundariesCsv,
  boundaryCurve,
  type BoundaryPoint,
  boundarySteps,
  stabilityGap,
  usualBoundaryEvaluations,
} from '../../core/boundaryCurves.ts';
import { methods } from '../../core/methods.ts';
import type { ShownRun } from '../../state/labState.ts';
import { number, percentage } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useLab, useLabActions, useLabStore, runFileName } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { useSize } from './chartParts.tsx';
import { configLines, exportChart, type ExportFormat, ExportMenu } from './chartPicture.tsx';
import { CurveChart, type CurveChartProps } from './CurveChart.tsx';
import { type CurveRow, percentTicks } from './curveRows.ts';
import style from './StabilityGap.module.css';

/** Steps after a boundary that are shown: those evaluated one by one, and a few more. */
function stepsShown({ runConfigs }: ShownRun): number {
  return Math.max(usualBoundaryEvaluations, runConfigs[0]?.boundaryEvaluations ?? 0) + 10;
}

/** All lanes' points around a boundary, joined by step. */
function gapRows(lanes: readonly (readonly BoundaryPoint[])[]): CurveRow[] {
  const steps = [...new Set(lanes.flatMap((points) => points.map(({ after }) => after)))].sort((a, b) => a - b);
  return steps.map((step) => {
    const found = lanes.map((points) => points.find(({ after }) => after === step) ?? null);
    return {
      step,
      values: found.map((point) => point && 100 * point.pastAccuracy),
      complete: found.map((point) => point !== null),
    };
  });
}

function placeWords(step: number): string {
  return step < 0 ? say('stabilityGap.placeBefore', { step: -step }) : say('stabilityGap.place', { step });
}

/** The chart of one boundary of a run. */
function gapChart(run: ShownRun, boundary: number, laneNames: readonly string[]): GapChart {
  const after = stepsShown(run);
  const lanes = run.lanes.map(({ evaluations }) => boundaryCurve(evaluations, run.tasks, boundary, after));
  const chart: GapChart['chart'] = {
    title: say('stabilityGap.pastAccuracy'),
    rows: gapRows(lanes),
    laneNames,
    tasks: [],
    totalSteps: Math.min(after, run.tasks[boundary]?.steps ?? after),
    marks: [{ step: 0, label: say('stabilityGap.begins', { task: boundary + 1 }) }],
    unit: 'percent',
    ticks: percentTicks(100),
    labelsAt: 'bottom',
    zoom: { from: -10, words: placeWords },
  };
  return { lanes, chart };
}

interface GapChart {
  readonly lanes: readonly (readonly BoundaryPoint[])[];
  readonly chart: Omit<CurveChartProps, 'width' | 'height' | 'rem'>;
}

/** Before, lowest and last, lane by lane. */
function GapTable({ run, lanes }: { readonly run: ShownRun; readonly lanes: GapChart['lanes'] }) {
  return (
    <table className={style.table}>
      <thead>
        <tr>
          {(['lane', 'before', 'lowest', 'later'] as const).map((column) => (
            <th key={column} scope="col">
              {say(`stabilityGap.column.${column}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {run.lanes.map(({ method }, lane) => {
          const { letter, marker, color } = laneIdentity(lane);
          const gap = stabilityGap(lanes[lane]);
          const cell = (value: number, after: number): ReactNode => (
            <td>
              {percentage(value, 1)} <small>{say('stabilityGap.after', { steps: after })}</small>
            </td>
          );
          return (
            <tr key={lane} style={laneColors(lane)}>
              <th scope="row">
                <LaneMarker shape={marker} color={color} /> {letter} · {methods[method].label}
              </th>
              {gap === null ? (
                <td colSpan={3}>–</td>
              ) : (
                <>
                  <td>{percentage(gap.before, 1)}</td>
                  {cell(gap.lowest, gap.lowestAfter)}
                  {cell(gap.last, gap.lastAfter)}
                </>
              )}
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** Offers to run again with every step after a boundary evaluated, or says that it is so. */
function FinerRun({ run }: { readonly run: ShownRun }) {
  const actions = useLabActions();
  const field = useId();
  const set = useLab(({ config }) => config.boundaryEvaluations ?? 0);
  const [steps, setSteps] = useState(String(set > 0 ? set : usualBoundaryEvaluations));
  const measured = run.runConfigs[0]?.boundaryEvaluations ?? 0;
  const wanted = Number(steps);
  const allowed = Number.isInteger(wanted) && wanted >= 1 && wanted <= 1_000;
  return (
    <form
      className={style.finer}
      onSubmit={(event) => {
        event.preventDefault();
        if (!allowed || wanted === measured) return;
        actions.applySettings({ boundaryEvaluations: wanted });
        actions.play();
      }}
    >
      <p>
        {measured > 0
          ? say('stabilityGap.everyStep', { steps: measured })
          : say('stabilityGap.coarse', { interval: run.evaluation === null ? '?' : number(run.evaluation.interval) })}
      </p>
      <label htmlFor={field}>{say('stabilityGap.steps')}</label>
      <input
        id={field}
        className={style.steps}
        inputMode="numeric"
        value={steps}
        aria-invalid={!allowed}
        onChange={(event) => setSteps(event.target.value.trim())}
      />
      <Button
        type="submit"
        small
        disabled={!allowed || wanted === measured}
        title={wanted === measured ? say('stabilityGap.measured') : undefined}
      >
        {say('stabilityGap.runAgain')}
      </Button>
      {!allowed && <p role="alert">{say('stabilityGap.allowed')}</p>}
    </form>
  );
}

/** How lanes are called, and the legend of their lines. */
interface GapLook {
  readonly laneNames: readonly string[];
  readonly legend: ReactNode;
}

/** What lies around a boundary, with the choice of the boundary. */
function GapDialog({
  run,
  laneNames,
  legend,
  onClose,
}: GapLook & {
  readonly run: ShownRun;
  readonly onClose: () => void;
}) {
  const store = useLabStore();
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(plot);
  const field = useId();
  const boundaries = boundarySteps(run.tasks);
  const [chosen, setChosen] = useState(1);
  const boundary = Math.min(chosen, Math.max(1, boundaries.length));
  const { lanes, chart } = useMemo(() => gapChart(run, boundary, laneNames), [run, boundary, laneNames]);

  async function keep(format: ExportFormat): Promise<void> {
    const { shown, actions } = store.getState();
    if (shown === null) return;
    const fileName = runFileName(shown.config, `stability-gap-${boundary}`, format.toLowerCase());
    const latest = gapChart(shown, boundary, laneNames).chart;
    const picture = {
      title: say('stabilityGap.pastAccuracy'),
      unit: chart.unit,
      laneNames,
      draw: (plotSize: Parameters<Parameters<typeof exportChart>[2]['draw']>[0]) => (
        <CurveChart {...latest} {...plotSize} />
      ),
      // The mark in the chart says which task begins.
      key: shown.evaluation === null ? '' : say('stabilityGap.key', { images: number(shown.evaluation.size) }),
      configLines: configLines(shown),
    };
    const csv = () =>
      boundariesCsv(
        shown.lanes.map(({ evaluations }) => evaluations),
        shown.tasks,
        stepsShown(shown),
      );
    await exportChart(format, fileName, picture, csv, (text) => actions.notify('error', text));
  }

  return (
    <Dialog title={say('stabilityGap.title')} wide onClose={onClose}>
      <p className={style.lead}>{say('stabilityGap.explanation')}</p>
      <div className={style.bar}>
        <label htmlFor={field}>{say('stabilityGap.boundary')}</label>
        <select
          id={field}
          className={choice.select}
          value={boundary}
          onChange={(event) => setChosen(Number(event.target.value))}
        >
          {boundaries.map((step, index) => (
            <option key={step} value={index + 1}>
              {say('stabilityGap.option', { task: index + 2, step: number(step) })}
            </option>
          ))}
        </select>
        <ExportMenu onExport={(format) => void keep(format)} disabled={chart.rows.length === 0} />
      </div>
      {legend}
      <div ref={plot} className={style.plot}>
        {size !== null && size.width > 0 && size.height > 0 && <CurveChart {...chart} {...size} />}
      </div>
      <p className={style.key}>{subsetWords(run)}</p>
      <GapTable run={run} lanes={lanes} />
      <FinerRun run={run} />
    </Dialog>
  );
}

function subsetWords({ evaluation }: ShownRun): string {
  return evaluation === null
    ? say('stabilityGap.someImages')
    : say('stabilityGap.images', { images: number(evaluation.size) });
}

/** The look at the boundaries of the run that is shown, while there is one. */
function OpenGap(look: GapLook & { readonly onClose: () => void }) {
  const run = useLab(({ shown }) => shown);
  return run === null ? null : <GapDialog {...look} run={run} />;
}

/** Opens a look at the curves around the boundaries between tasks. */
export function StabilityGap(look: GapLook) {
  const [open, setOpen] = useState(false);
  const tasks = useLab(({ shown }) => shown?.tasks.length ?? null);
  return (
    <>
      <Button
        small
        tone="plain"
        icon={<ZoomIn />}
        aria-label={say('stabilityGap.open')}
        tip={say(tasks === null ? 'top.nothingShown' : tasks < 2 ? 'stabilityGap.oneTask' : 'stabilityGap.tip')}
        disabled={tasks === null || tasks < 2}
        onClick={() => setOpen(true)}
      />
      {/* Outside the heading that the button stands in. */}
      {open && createPortal(<OpenGap {...look} onClose={() => setOpen(false)} />, document.body)}
    </>
  );
}
