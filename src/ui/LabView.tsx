import { AccuracyTable } from './AccuracyTable.tsx';
import { CurvePanel } from './curves/CurvePanel.tsx';
import { SecondChart } from './curves/SecondChart.tsx';
import { Headline } from './headline/Headline.tsx';
import { LanesPanel } from './lanes/LanesPanel.tsx';
import { OpeningProgress } from './notices/OpeningProgress.tsx';
import { PhaseBanner } from './notices/PhaseBanner.tsx';
import { StepPanel } from './step/StepPanel.tsx';
import { RunStatus } from './top/RunStatus.tsx';
import { TaskTimeline } from './top/TaskTimeline.tsx';
import { TopBar } from './top/TopBar.tsx';
import { useShortcuts } from './useShortcuts.ts';
import style from './App.module.css';

/** The lab: one run to watch and to steer. */
export function LabView() {
  useShortcuts();
  return (
    <>
      <TopBar />
      <main className={style.lab}>
        <div className={style.progress}>
          <RunStatus />
          <TaskTimeline />
        </div>
        <div className={style.headline}>
          <PhaseBanner />
          <OpeningProgress />
          <Headline />
        </div>
        <div className={style.panels}>
          <StepPanel />
          <LanesPanel />
          <div className={style.results}>
            <CurvePanel metric="averageAccuracy" />
            <SecondChart />
            <AccuracyTable />
          </div>
        </div>
      </main>
    </>
  );
}
