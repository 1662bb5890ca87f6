import { useEffect, useState } from 'react';
import { scenarios } from '../../core/scenarios.ts';
import {
  changedRows,
  comparedRows,
  rowKeyOf,
  rowName,
  type OwnPlan,
  type SweepPlan,
  type TablePlan,
} from '../../state/sweepPlan.ts';
import { failureWords } from '../../state/failureWords.ts';
import type { FailedRun } from '../../state/sweepState.ts';
import { underWay } from '../../state/sweepStore.ts';
import { say } from '../../texts/say.ts';
import { DataPicker } from '../settings/DataPicker.tsx';
import { MissingCifar10, OpeningProgress } from '../settings/PhaseBanner.tsx';
import banner from '../settings/PhaseBanner.module.css';
import { Button } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { useSweep, useSweepActions } from '../parts/contexts.ts';
import { Said, unbroken } from '../parts/Said.tsx';
import { mostLanes } from '../parts/laneIdentity.tsx';
import { ExperimentsBar } from './ExperimentsBar.tsx';
import style from './ExperimentsView.module.css';
import failuresStyle from './FailureList.module.css';
import { BoardCharts } from './BoardCharts.tsx';
import { KeptRuns } from './KeptRuns.tsx';
import { Leaderboard } from './Leaderboard.tsx';
import { MemoryBytesTable } from './MemorySizeCurves.tsx';
import { PlanForm } from './PlanForm.tsx';
import { ResultTable } from './ResultTable.tsx';
import { type CurveAxis, DrawnCurves } from './RowCurves.tsx';
import { groupWords, planWords, rowWords } from './sweepWords.ts';

/** Says what is missing for the table, and how to get it; its rows cannot run until then. */
function DataNeeded() {
  const plan = useSweep((state) => state.plan);
  const data = useSweep((state) => state.data);
  const [scenario] = plan.kind === 'own' ? [plan.scenario] : changedRows(plan).map(({ config }) => config.scenario);
  const { dataset } = scenarios[scenario];
  if (data[dataset] !== 'missing') return null;
  switch (dataset) {
    case 'cifar10':
      return (
        <div className={banner.banner}>
          <MissingCifar10>{say('experiments.view.untilThen')}</MissingCifar10>
          <OpeningProgress />
        </div>
      );
    case 'miniimagenet':
      return (
        <div className={banner.banner}>
          <p>
            <Said text="experiments.view.missingMiniImagenet" />
          </p>
          <DataPicker />
          <OpeningProgress />
        </div>
      );
    case 'mnist':
      return null;
    default:
      return dataset satisfies never;
  }
}

/** "ER · Split MNIST · seed 3". */
function runWords({ config }: FailedRun, plan: SweepPlan): string {
  const row = changedRows(plan).find((other) => rowKeyOf(other.config) === rowKeyOf(config));
  const group = groupWords(row?.group ?? config.scenario);
  const seed = say('experiments.view.seed', { seed: String(config.seed) });
  return [row ? rowWords(row) : config.method, ...(group === '' ? [] : [group]), seed].join(' · ');
}

/** Runs that failed, each with its seed and cause. The others went on. */
function FailureList() {
  const plan = useSweep((state) => state.plan);
  const failures = useSweep((state) => state.failures);
  const { tryAgain } = useSweepActions();
  if (failures.length === 0) return null;
  return (
    <section aria-label={say('experiments.view.failedRuns')} className={`${card.card} ${failuresStyle.failures}`}>
      <header>
        <h2 className={card.heading}>{say('experiments.view.failed', { count: failures.length })}</h2>
        <Button small onClick={tryAgain} tip={say('experiments.view.tryAgainTip')}>
          {say('experiments.view.tryAgain')}
        </Button>
      </header>
      <ul>
        {failures.map((failed, index) => (
          <li key={index}>
            <strong>{runWords(failed, plan)}.</strong> {unbroken(failureWords(failed.failure))}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** What stands in the way of a sweep: a reason why nothing can start, or another sweep that was left unfinished. */
function SweepBanner() {
  const phase = useSweep((state) => state.phase);
  const leftOver = useSweep((state) => state.leftOver);
  const { run, takeLeftOver, dropLeftOver } = useSweepActions();
  if (phase.kind === 'blocked') {
    return (
      <div role="alert" className={banner.banner} data-tone="bad">
        <p>
          <Said text="experiments.view.blocked" values={{ reason: failureWords(phase.failure) }} />
        </p>
        <Button tone="primary" onClick={run}>
          {say('experiments.view.tryAgain')}
        </Button>
      </div>
    );
  }
  if (leftOver === null || underWay(phase)) return null;
  return (
    <div className={banner.banner}>
      <p>
        <Said text="experiments.view.unfinished" values={{ plan: planWords(leftOver.plan) }} />
      </p>
      <Button tone="primary" onClick={takeLeftOver}>
        {say('experiments.view.continue')}
      </Button>
      <Button onClick={dropLeftOver}>{say('experiments.view.leave')}</Button>
    </div>
  );
}

/** What the charts show. */
interface Drawn {
  /** Names of rows whose learning curves are drawn; none where the charts show something else. */
  readonly drawn: readonly string[];
  readonly toggle: (name: string) => void;
  readonly axis: CurveAxis | null;
  readonly setAxis: (axis: CurveAxis) => void;
}

/** The rows whose curves are drawn: those chosen, or at first the comparison that the table is about. */
function useDrawn(plan: TablePlan): Drawn {
  const [figureAxis, setAxis] = useState<CurveAxis>('memory');
  const axis = plan.table === 'figure-4' ? figureAxis : null;
  const [chosen, setChosen] = useState<Readonly<Partial<Record<TablePlan['table'], readonly string[]>>>>({});
  const curves = chosen[plan.table] ?? comparedRows(plan.table).map(rowName);
  function toggle(name: string): void {
    const others = curves.filter((other) => other !== name);
    const removes = others.length < curves.length && axis !== 'memory';
    setChosen({ ...chosen, [plan.table]: removes ? others : [...others, name].slice(-mostLanes) });
    if (axis !== null) setAxis('step');
  }
  return { drawn: axis === 'memory' ? [] : curves, toggle, axis, setAxis };
}

/** A table of the paper with its charts. */
function TableResults({ plan }: { readonly plan: TablePlan }) {
  const { drawn, toggle, axis, setAxis } = useDrawn(plan);
  return (
    <div className={style.panels}>
      <div className={style.results}>
        <ResultTable plan={plan} drawn={drawn} onDraw={toggle} />
        {plan.table === 'figure-4' && <MemoryBytesTable plan={plan} />}
        <FailureList />
        <KeptRuns />
      </div>
      <DrawnCurves plan={plan} axis={axis} onAxis={setAxis} drawn={drawn} />
    </div>
  );
}

/** An own comparison as a leaderboard with its charts. */
function OwnResults({ plan }: { readonly plan: OwnPlan }) {
  return (
    <div className={style.panels}>
      <div className={style.results}>
        <Leaderboard plan={plan} />
        <FailureList />
        <KeptRuns />
      </div>
      <BoardCharts plan={plan} />
    </div>
  );
}

/**
 * The second view: pick rows of the paper's tables, or methods of one's own choice, and seeds; run them, and read the
 * result, beside the paper's where there is one.
 */
export function ExperimentsView() {
  const { open } = useSweepActions();
  const plan = useSweep((state) => state.plan);
  useEffect(open, [open]);
  return (
    <>
      <ExperimentsBar />
      <main className={style.view}>
        <PlanForm />
        <SweepBanner />
        <DataNeeded />
        {plan.kind === 'own' ? <OwnResults plan={plan} /> : <TableResults plan={plan} />}
      </main>
    </>
  );
}
