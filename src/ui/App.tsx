import { Tooltip } from '@base-ui/react/tooltip';
import { type ComponentType, lazy, type ReactNode, Suspense } from 'react';
import { say } from '../texts/say.ts';
import style from './App.module.css';
import { AskPanel } from './ask/AskPanel.tsx';
import { CurvePanel, SecondChart } from './curves/CurvePanel.tsx';
import { DropTarget, PartialDataDialog } from './data/DropTarget.tsx';
import { Notices, OpeningProgress, PhaseBanner } from './data/PhaseBanner.tsx';
import { LanesPanel } from './lanes/LaneCard.tsx';
import { LessonRegion } from './lesson/LessonRegion.tsx';
import { MemoryCard } from './memory/MemoryCard.tsx';
import { useLanguage } from './parts/Said.tsx';
import { AccuracyTable } from './results/AccuracyTable.tsx';
import { Headline } from './results/Headline.tsx';
import { SeedsControls, SeedsVerdict } from './runs/Seeds.tsx';
import { StepPanel } from './step/StepPanel.tsx';
import { RunStatus } from './top/RunStatus.tsx';
import { useShortcuts } from './top/shortcuts.ts';
import { ScenarioChoice, TaskTimeline } from './top/TaskTimeline.tsx';
import { TopBar } from './top/TopBar.tsx';
import { useView, type View } from './top/ViewHead.tsx';

/** The lab: one run to watch and to steer. */
function LabView() {
  useShortcuts();
  return (
    <>
      <TopBar />
      <LessonRegion />
      <main className={style.lab}>
        <div className={style.progress}>
          <ScenarioChoice />
          <TaskTimeline />
        </div>
        <div className={style.headline}>
          <div className={style.told}>
            <PhaseBanner />
            <OpeningProgress />
            <SeedsVerdict instead={<Headline />} />
          </div>
          <SeedsControls />
          <RunStatus />
        </div>
        <div className={style.panels}>
          <StepPanel />
          <div className={style.centre}>
            <AskPanel />
            <LanesPanel />
          </div>
          <div className={style.results}>
            <CurvePanel metric="averageAccuracy" />
            <SecondChart />
            <AccuracyTable />
          </div>
        </div>
      </main>
      <MemoryCard />
    </>
  );
}

/** What stands in the place of a view that cannot be fetched. */
function UnreachableView() {
  return (
    <>
      <TopBar />
      <main className={style.unreachable} role="alert">
        {say('app.unreachableView')}
      </main>
    </>
  );
}

/** A view that is fetched when it is first opened. */
function lazyView(fetchView: () => Promise<ComponentType>) {
  return lazy(async () => ({ default: await fetchView().catch(() => UnreachableView) }));
}

const ExperimentsView = lazyView(async () => (await import('./experiments/ExperimentsView.tsx')).ExperimentsView);
const BenchmarkView = lazyView(async () => (await import('./benchmark/BenchmarkView.tsx')).BenchmarkView);

const views: Readonly<Record<View, ReactNode>> = {
  lab: <LabView />,
  experiments: <ExperimentsView />,
  benchmark: <BenchmarkView />,
};

/** The whole page. */
export function App() {
  const view = useView();
  return (
    // In another language everything is drawn anew; what is being done is in the stores.
    <Tooltip.Provider key={useLanguage()} delay={500}>
      <div className={style.page}>
        <Suspense>{views[view]}</Suspense>
        <Notices />
        <DropTarget />
        <PartialDataDialog />
      </div>
    </Tooltip.Provider>
  );
}
