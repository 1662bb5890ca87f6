import { useEffect, useState } from 'react';
import { comparedRows, rowName, type SweepPlan } from '../../state/sweepPlan.ts';
import { mostLanes } from '../lanes/laneIdentity.ts';
import { DataNeeded } from './DataNeeded.tsx';
import { DrawnCurves, type CurveAxis } from './DrawnCurves.tsx';
import { ExperimentsBar } from './ExperimentsBar.tsx';
import { FailureList } from './FailureList.tsx';
import { KeptRuns } from './KeptRuns.tsx';
import { MemoryBytesTable } from './MemoryBytesTable.tsx';
import { PlanForm } from './PlanForm.tsx';
import { ResultTable } from './ResultTable.tsx';
import { SweepBanner } from './SweepBanner.tsx';
import { useSweep, useSweepActions } from './SweepContext.ts';
import style from './ExperimentsView.module.css';

/** What the charts show. */
interface Drawn {
  /** Names of rows whose learning curves are drawn; none where the charts show something else. */
  readonly drawn: readonly string[];
  readonly toggle: (name: string) => void;
  readonly axis: CurveAxis | null;
  readonly setAxis: (axis: CurveAxis) => void;
}

/** The rows whose curves are drawn: those chosen, or at first the comparison that the table is about. */
function useDrawn(plan: SweepPlan): Drawn {
  const [figureAxis, setAxis] = useState<CurveAxis>('memory');
  const axis = plan.table === 'figure-4' ? figureAxis : null;
  const [chosen, setChosen] = useState<Readonly<Partial<Record<SweepPlan['table'], readonly string[]>>>>({});
  const curves = chosen[plan.table] ?? comparedRows(plan.table).map(rowName);
  function toggle(name: string): void {
    const others = curves.filter((other) => other !== name);
    const removes = others.length < curves.length && axis !== 'memory';
    setChosen({ ...chosen, [plan.table]: removes ? others : [...others, name].slice(-mostLanes) });
    if (axis !== null) setAxis('step');
  }
  return { drawn: axis === 'memory' ? [] : curves, toggle, axis, setAxis };
}

/** The second view: pick rows of the paper's tables and seeds, run them, and read the result beside the paper's. */
export function ExperimentsView() {
  const { open } = useSweepActions();
  const plan = useSweep((state) => state.plan);
  const { drawn, toggle, axis, setAxis } = useDrawn(plan);
  useEffect(open, [open]);
  return (
    <>
      <ExperimentsBar />
      <main className={style.view}>
        <PlanForm />
        <SweepBanner />
        <DataNeeded />
        <div className={style.panels}>
          <div className={style.results}>
            <ResultTable drawn={drawn} onDraw={toggle} />
            {plan.table === 'figure-4' && <MemoryBytesTable />}
            <FailureList />
            <KeptRuns />
          </div>
          <DrawnCurves axis={axis} onAxis={setAxis} drawn={drawn} />
        </div>
      </main>
    </>
  );
}
