import { Tooltip } from '@base-ui/react/tooltip';
import { type ReactNode, useEffect } from 'react';
import { fetchTextsOfViews, say } from '../texts/say.ts';
import style from './App.module.css';
import { AskPanel } from './ask/AskPanel.tsx';
import { CurvePanel, SecondChart } from './curves/CurvePanel.tsx';
import { DropTarget, PartialDataDialog } from './settings/DataPicker.tsx';
import { Notices, OpeningProgress, PhaseBanner } from './settings/PhaseBanner.tsx';
import { LanesPanel } from './lanes/LaneCard.tsx';
import { LessonRegion } from './lesson/LessonRegion.tsx';
import { MemoryCard } from './parts/MemoryCard.tsx';
import { useLanguage } from './parts/Said.tsx';
import { lazyPart } from './parts/lazyPart.tsx';
import { AccuracyTable } from './results/AccuracyTable.tsx';
import { Headline } from './results/Headline.tsx';
import { SeedsControls, SeedsVerdict } from './top/Runs.tsx';
import { StepPanel } from './step/StepPanel.tsx';
import { RunStatus, ScenarioChoice, TaskTimeline } from './top/RunStatus.tsx';
import { TopBar } from './top/TopBar.tsx';
import { useView, type View } from './top/ViewHead.tsx';
import { useLab, useLabStore } from './parts/contexts.ts';
import { useRoom } from './parts/room.ts';

/** Where text is typed, or where all keys have a meaning of their own. */
const takesAllKeys =
  'textarea, select, dialog, [contenteditable], [role="menu"], [role="listbox"], [role="application"], ' +
  'input:not([type="radio"], [type="range"], [type="checkbox"], [type="button"])';

/** What Space presses. */
const pressed = 'button, a, summary, [role="button"], input[type="checkbox"]';

/**
 * Whether a key belongs to the element that has the focus. A control that was clicked has done its work: the keys are
 * the page's again. One that was reached by keyboard keeps the keys that work it: Space on a button, arrows on a slider,
 * in a group of radio buttons and where something scrolls sideways.
 */
function belongsTo(element: Element, key: string, clicked: boolean): boolean {
  if (element.closest(takesAllKeys)) return true;
  if (clicked) return false;
  if (key === ' ') return element.closest(pressed) !== null || element.matches('input[type="radio"]:not(:checked)');
  if (key !== 'ArrowRight') return false;
  return element.matches('input, [role="slider"], [role="tab"]') || element.scrollWidth > element.clientWidth + 1;
}

/** Space plays and pauses, → trains one step, R resets, wherever the key is not needed by what has the focus. */
function useShortcuts(): void {
  const store = useLabStore();
  useEffect(() => {
    /** Whether the last thing done was a click, and whether what has the focus got it so. */
    let pointing = false;
    let clicked = false;
    /** A key that was taken from a button: it must not press it when it comes up either. */
    let taken: string | null = null;

    const onPointerDown = () => {
      pointing = true;
      clicked = true;
    };
    const onFocusIn = () => {
      clicked = pointing;
    };

    function onKeyDown(event: KeyboardEvent): void {
      if (event.key === 'Tab') pointing = false;
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && belongsTo(event.target, event.key, clicked)) return;
      if (document.querySelector('dialog[open]')) return;
      const { phase, actions } = store.getState();
      const playing = phase.kind === 'playing' || (phase.kind === 'loading' && phase.playWhenReady);
      switch (event.key) {
        case ' ':
          if (event.repeat) break;
          if (playing) actions.pause();
          else actions.play();
          break;
        case 'ArrowRight':
          actions.step();
          break;
        case 'r':
        case 'R':
          if (!event.repeat) actions.reset();
          break;
        default:
          return;
      }
      taken = event.key;
      event.preventDefault();
    }

    function onKeyUp(event: KeyboardEvent): void {
      if (event.key !== taken) return;
      taken = null;
      event.preventDefault();
    }

    addEventListener('pointerdown', onPointerDown, true);
    addEventListener('focusin', onFocusIn);
    addEventListener('keydown', onKeyDown);
    addEventListener('keyup', onKeyUp);
    return () => {
      removeEventListener('pointerdown', onPointerDown, true);
      removeEventListener('focusin', onFocusIn);
      removeEventListener('keydown', onKeyDown);
      removeEventListener('keyup', onKeyUp);
    };
  }, [store]);
}

/** How much the results can leave out, so that the curves keep their height. */
const resultLevels = 2;

/** What was measured. */
function Results() {
  // What decides how much stands in the curves' legends, and how much above the panels.
  const about = useLab(({ phase, shown, config }) => `${phase.kind} ${(shown?.config ?? config).lanes.join()}`);
  const panel = useRoom<HTMLDivElement>(resultLevels, about, ':scope > section');
  return (
    <div ref={panel} className={style.results}>
      <CurvePanel metric="averageAccuracy" />
      <SecondChart />
      <AccuracyTable />
    </div>
  );
}

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
          <Results />
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

const ExperimentsView = lazyPart(async () => {
  const [view] = await Promise.all([import('./experiments/ExperimentsView.tsx'), fetchTextsOfViews()]);
  return view.ExperimentsView;
}, UnreachableView);
const BenchmarkView = lazyPart(async () => {
  const [view] = await Promise.all([import('./benchmark/BenchmarkView.tsx'), fetchTextsOfViews()]);
  return view.BenchmarkView;
}, UnreachableView);

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
        {views[view]}
        <Notices />
        <DropTarget />
        <PartialDataDialog />
      </div>
    </Tooltip.Provider>
  );
}
