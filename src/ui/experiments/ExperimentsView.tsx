import { useEffect, useState } from 'react';
import { comparedRows, rowName, type SweepPlan } from '../../state/sweepPlan.ts';
import { mostLanes } from '../lanes/laneIdentity.ts';
import { DataNeeded } from './DataNeeded.tsx';
import { ExperimentsBar } from './ExperimentsBar.tsx';
import { FailureList } from './FailureList.tsx';
import { KeptRuns } from './KeptRuns.tsx';
import { PlanForm } from './PlanForm.tsx';
import { ResultTable } from './ResultTable.tsx';
import { RowCurves } from './RowCurves.tsx';
import { SweepBanner } from './SweepBanner.tsx';
import { useSweep, useSweepActions } from './SweepContext.ts';
import style from './ExperimentsView.module.css';

/** The rows whose curves are drawn: those chosen, or at first the comparison that the table is about. */
function useDrawnRows(plan: SweepPlan): { readonly drawn: readonly string[]; readonly toggle: (name: string) => void } {
  const [chosen, setChosen] = useState<Readonly<Partial<Record<SweepPlan['table'], readonly string[]>>>>({});
  const drawn = chosen[plan.table] ?? comparedRows(plan.table).map(rowName);
  function toggle(name: string): void {
    const others = drawn.filter((other) => other !== name);
    const next = others.length < drawn.length ? others : [...others, name].slice(-mostLanes);
    setChosen({ ...chosen, [plan.table]: next });
  }
  return { drawn, toggle };
}

/** The second view: pick rows of the paper's tables and seeds, run them, and read the result beside the paper's. */
export function ExperimentsView() {
  const { open } = useSweepActions();
  const plan = useSweep((state) => state.plan);
  const { drawn, toggle } = useDrawnRows(plan);
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
            <FailureList />
            <KeptRuns />
          </div>
          <div className={style.curves}>
            <RowCurves metric="averageAccuracy" drawn={drawn} />
            <RowCurves metric="averageForgetting" drawn={drawn} />
          </div>
        </div>
      </main>
    </>
  );
}
