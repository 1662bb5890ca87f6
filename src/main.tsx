import '@fontsource-variable/inter/wght.css';
import 'katex/dist/katex.min.css';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import './ui/tokens.css';
import { createBenchmarkClient, startClient } from './link/client.ts';
import { hasData } from './link/browserStore.ts';
import { keepSiteOffline } from './link/offlineSite.ts';
import { createRunPool } from './link/pool.ts';
import { defaultBenchmark, createBenchmarkStore } from './state/benchmarkState.ts';
import { followAddress, followBenchmarkAddress, followSweepAddress, isOtherView } from './state/followAddress.ts';
import { followLesson, createLessonStore, fetchLesson, lessonNames } from './state/lesson/lessonStore.ts';
import { openKeptRunArchive } from './state/runs/keepRuns.ts';
import {
  createRunLock,
  nobodyHasWatched,
  rememberBoundary,
  rememberedRun,
  rememberRun,
  tidyMemory,
} from './state/thisBrowser.ts';
import { createRunsStore } from './state/runs/runsStore.ts';
import { createSeedsStore } from './state/runs/seedsStore.ts';
import { openRunArchive } from './state/runArchive.ts';
import { createLabStore } from './state/store.ts';
import { isSweepAddress, readPlan } from './state/sweepAddress.ts';
import { shownSweep } from './state/sweepState.ts';
import { createSweepStore } from './state/sweepStore.ts';
import { namesExperiment, readAddress } from './state/url.ts';
import { followLanguage } from './texts/language.ts';
import { say } from './texts/say.ts';
import { App } from './ui/App.tsx';
import {
  BenchmarkContext,
  LabContext,
  LessonContext,
  RunsContext,
  SeedsContext,
  SweepContext,
} from './ui/parts/contexts.ts';

/**
 * How the page is shown, as its address says: `?present` for a lecture hall, with larger type and fewer things;
 * `?embed` for a frame in another page, without the head. The style sheets do the rest.
 */
function markDisplayMode(search: string, root: HTMLElement): void {
  const asked = new URLSearchParams(search);
  for (const mode of ['present', 'embed'] as const) {
    if (asked.has(mode) && asked.get(mode) !== 'false') root.dataset[mode] = '';
  }
}

/** Milliseconds between two looks whether the browser still has what it kept. */
const lookInterval = 15_000;

/** Calls a function every so often while the page is looked at, and when it is looked at again. */
function everySoOften(look: () => void): void {
  setInterval(() => {
    if (document.visibilityState === 'visible') look();
  }, lookInterval);
  document.addEventListener('visibilitychange', look);
}

const place = document.querySelector('#page');
if (!place) throw new Error('index.html has no element #page to put the page in.');

const earlyWarnings: string[] = [];
let warnOfLanguage = (problem: string): void => void earlyWarnings.push(problem);
await followLanguage(window, (problem) => warnOfLanguage(problem));

const openingHash = location.hash;
markDisplayMode(location.search, document.documentElement);
const client = startClient();
const opening = readAddress(location);
const store = createLabStore(client, {
  ...opening,
  problems: [...earlyWarnings, ...opening.problems],
  lingers: nobodyHasWatched(() => localStorage),
});
rememberBoundary(store, () => localStorage);
const { actions } = store.getState();
const warn = (text: string) => actions.notify('warning', text);
warnOfLanguage = warn;
const takeBack = (text: string) => {
  for (const notice of store.getState().notices) if (notice.text === text) actions.dismiss(notice.id);
};
const runsStore = createRunsStore({
  lab: store,
  archive: openKeptRunArchive(warn, takeBack),
  lock: createRunLock(),
  opening: { config: namesExperiment(location.hash) ? store.getState().config : null, reloaded: rememberedRun() },
  remember: rememberRun,
  onHide(listener) {
    addEventListener('pagehide', listener);
    document.addEventListener('visibilitychange', listener);
  },
  everySoOften,
});
const archive = openRunArchive(warn, takeBack);
const seedsStore = createSeedsStore({
  lab: store,
  pool: createRunPool(),
  archive,
  notify: (tone, text) => actions.notify(tone, text),
  onStart() {
    actions.pause();
    sweepStore.getState().actions.pause();
  },
});
const sweepStore = createSweepStore(
  {
    pool: createRunPool(),
    archive,
    hasData,
    notify: (tone, text) => actions.notify(tone, text),
    onStart() {
      actions.pause();
      seedsStore.getState().actions.stop();
    },
    everySoOften,
  },
  isSweepAddress(location.hash) ? readPlan(location.hash).plan : null,
);
client.onReport((report) => {
  if (report.kind === 'dataOpened') sweepStore.getState().actions.awaitData(report.dataset);
});
const benchmarkStore = createBenchmarkStore(
  {
    client: createBenchmarkClient(),
    backend: () => store.getState().backendChoice,
    notify: (tone, text) => actions.notify(tone, text),
    onStart() {
      actions.pause();
      sweepStore.getState().actions.pause();
    },
  },
  defaultBenchmark,
);
const readSettings = followAddress(store, window, (config) => runsStore.getState().actions.undoTo(config));
const lessonStore = createLessonStore({ lab: store, runs: runsStore, names: lessonNames, fetchLesson });
followLesson(lessonStore, window, openingHash, { isOther: isOtherView, readSettings });
followSweepAddress(sweepStore, window, warn);

followBenchmarkAddress(benchmarkStore, window, warn);

tidyMemory(() => store.getState().phase.kind === 'playing' || sweepStore.getState().phase.kind === 'running');

createRoot(place).render(
  <StrictMode>
    <LabContext value={store}>
      <SweepContext value={shownSweep(sweepStore)}>
        <BenchmarkContext value={benchmarkStore}>
          <RunsContext value={runsStore}>
            <SeedsContext value={seedsStore}>
              <LessonContext value={lessonStore}>
                <App />
              </LessonContext>
            </SeedsContext>
          </RunsContext>
        </BenchmarkContext>
      </SweepContext>
    </LabContext>
  </StrictMode>,
);

if (import.meta.env.PROD) {
  // Once the page has what it needs itself, and nothing else to do. Not every browser tells when that is.
  const whenIdle = (window as Partial<Window>).requestIdleCallback ?? setTimeout;
  const keepOnceReady = () => {
    if (store.getState().phase.kind === 'loading') return;
    stopWaiting();
    whenIdle(() => {
      void keepSiteOffline((load) =>
        actions.notify('info', say('notices.newVersion'), { label: say('notices.loadIt'), run: load }),
      );
    });
  };
  const stopWaiting = store.subscribe(keepOnceReady);
  keepOnceReady();
}
