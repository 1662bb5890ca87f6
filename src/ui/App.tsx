import { Tooltip } from '@base-ui/react/tooltip';
import { AccuracyTable } from './AccuracyTable.tsx';
import { CurvePanel } from './curves/CurvePanel.tsx';
import { DropTarget } from './DropTarget.tsx';
import { Headline } from './headline/Headline.tsx';
import { LanesPanel } from './lanes/LanesPanel.tsx';
import { Notices } from './notices/Notices.tsx';
import { PhaseBanner } from './notices/PhaseBanner.tsx';
import { StepPanel } from './step/StepPanel.tsx';
import { RunStatus } from './top/RunStatus.tsx';
import { TaskTimeline } from './top/TaskTimeline.tsx';
import { TopBar } from './top/TopBar.tsx';
import { useShortcuts } from './useShortcuts.ts';
import style from './App.module.css';

/** The whole page. */
export function App() {
  useShortcuts();
  return (
    <Tooltip.Provider delay={500}>
      <div className={style.page}>
        <TopBar />
        <main className={style.lab}>
          <div className={style.progress}>
            <RunStatus />
            <TaskTimeline />
          </div>
          <div className={style.headline}>
            <PhaseBanner />
            <Headline />
          </div>
          <div className={style.panels}>
            <StepPanel />
            <LanesPanel />
            <div className={style.results}>
              <CurvePanel metric="averageAccuracy" />
              <CurvePanel metric="averageForgetting" />
              <AccuracyTable />
            </div>
          </div>
        </main>
        <Notices />
        <DropTarget />
      </div>
    </Tooltip.Provider>
  );
}
