import { createStore, type StoreApi } from 'zustand/vanilla';
import {
  defaultExperiment,
  type ExperimentConfig,
  experimentConfigSchema,
  laneConfigs,
  parseExperiment,
  renamed,
  type Retrieval,
  type SettingChanges,
} from '../core/config.ts';
import { initialRetrieval, isIdle, type MethodName } from '../core/methods.ts';
import type { LabClient } from '../link/client.ts';
import type { CheckedRunFile } from '../core/runFile.ts';
import type { BackendChoice, Speed } from '../link/protocol.ts';
import { say } from '../texts/say.ts';
import { nothingAsked, withOwn } from './asked.ts';
import { applyLink, applyReport } from './applyReport.ts';
import {
  freshRunName,
  importedRun,
  type LabState,
  newRun,
  type NoticeAction,
  type Phase,
  type RunToContinue,
  type RunView,
  runShownAgain,
  withNotice,
  withRetrieval,
} from './labState.ts';
import { parsedRun } from './runFile.ts';
import { inScenario, onDataset } from './url.ts';

const seeds = 1_000_000;

/** A seed other than `current`, drawn from the browser's generator; short enough to be read out. */
function freshSeed(current: number): number {
  const [drawn = 0] = crypto.getRandomValues(new Uint32Array(1));
  const seed = drawn % seeds;
  return seed === current ? (seed + 1) % seeds : seed;
}

/** The seed with which Play goes on after the end of a run. */
export function nextSeed(seed: number): number {
  return (seed + 1) % 2 ** 31;
}

/** The viewer's actions. Each takes effect within one step. */
export interface LabActions {
  play(): void;
  /** Trains up to the end of a step of the run that is under way, then pauses. */
  playTo(step: number): void;
  pause(): void;
  /** Trains one step, then pauses. */
  step(): void;
  /** The same weights and stream again, from step 0; each lane goes back to its method's own retrieval. */
  reset(): void;
  /** A fresh draw of weights, stream and memories. */
  newSeed(): void;
  setSpeed(speed: Speed): void;
  /** Goes on at the speed that is set, instead of slowly after the first boundary; for all runs to come. */
  hurry(): void;
  /** Switches a lane between random and MIR, now, without starting over. */
  setRetrieval(lane: number, retrieval: Retrieval): void;
  /** Changes what the lanes run; starts over at step 0. */
  setLaneMethod(lane: number, method: MethodName): void;
  addLane(method: MethodName): void;
  removeLane(lane: number): void;
  /** Names settings for all lanes, or leaves those that are undefined to each method; starts over at step 0. */
  applySettings(changes: SettingChanges): void;
  setExperiment(config: ExperimentConfig): void;
  setBackend(choice: BackendChoice): void;
  /** MNIST, CIFAR-10 or MiniImagenet from the viewer's own files. */
  openData(files: readonly File[]): void;
  /** Whether to use what is whole of data that is not. */
  usePartialData(use: boolean): void;
  /** Shows a run file as curves; on a bad file nothing shown is lost. */
  importRun(fileName: string, read: (signal: AbortSignal) => Promise<CheckedRunFile>): Promise<void>;
  /** Gives up opening data, or a run file. */
  stopOpening(): void;
  /** Shows a run again as it was. */
  showRun(view: RunView): void;
  /** Asks the networks about an image of the viewer's own, from now on; null to leave it. */
  askAbout(pixels: Uint8Array | null): void;
  /** Gets the shown run ready to go on from its latest checkpoint. */
  goOn(): void;
  /** Gets a run that is not shown ready to go on from a checkpoint. */
  continueRun(id: string, from: RunToContinue): void;
  /** Leaves an imported run, or a lost worker, and gets a new run ready. */
  startAgain(): void;
  notify(tone: 'info' | 'warning' | 'error', text: string, action?: NoticeAction): void;
  dismiss(noticeId: number): void;
}

/** The store that the page reads. */
export type LabStore = LabState & { readonly actions: LabActions };

/** The content of the address that the page is opened with: see `readAddress` in url.ts. */
export interface Opening {
  readonly config: ExperimentConfig;
  readonly backendChoice: BackendChoice;
  /** The faults of the address, as sentences. */
  readonly problems: readonly string[];
  /** Whether the steps after a first boundary are taken slowly, because nobody has watched one yet. */
  readonly lingers?: boolean;
}

const plainOpening: Opening = { config: defaultExperiment, backendChoice: 'auto', problems: [] };

function openingState(opening: Opening): LabState {
  const { config, backendChoice, problems, lingers = false } = opening;
  const blank: LabState = {
    run: 0,
    id: '',
    checkpoint: null,
    config,
    backendChoice,
    speed: null,
    lingers,
    phase: { kind: 'loading', progress: null, playWhenReady: false },
    shown: null,
    stepsPerSecond: 0,
    taskImages: [],
    asked: nothingAsked,
    notices: [],
    opening: null,
    partialData: null,
  };
  return problems.reduce((state, problem) => withNotice(state, 'warning', problem), blank);
}

/**
 * The store that the page reads, connected to the worker at the other end of `client`. It gets the first run ready at
 * once, paused.
 */
export function createLabStore(client: LabClient, opening: Opening = plainOpening): StoreApi<LabStore> {
  let answering = true;
  /** The viewer's own data: offered to the worker, and accepted by it (to be opened again in a new worker). */
  let offeredFiles: readonly File[] | null = null;
  let acceptedFiles: readonly File[] | null = null;
  /** Gives up the run file that is being read. */
  let reading: AbortController | null = null;

  function update(change: (state: LabState) => LabState): void {
    store.setState((state) => change(state));
  }

  /** Starts a run, in a new worker if the old one is gone or may have lost its GPU. */
  function begin(
    play: boolean,
    wanted: Partial<Pick<LabState, 'id' | 'config' | 'backendChoice'>> & { readonly from?: RunToContinue } = {},
  ): void {
    const { phase } = store.getState();
    // Missing or bad data leaves the worker as it was, with all that it has read.
    const suspect = phase.kind === 'failed' && phase.failure.name !== 'DataError';
    if (!answering || suspect) {
      client.restart();
      answering = true;
      update((state) => ({ ...state, opening: null, partialData: null }));
      if (acceptedFiles) client.send({ kind: 'openData', files: acceptedFiles, usePartial: true });
    }
    update((state) =>
      newRun(state, { id: freshRunName(), config: state.config, backendChoice: state.backendChoice, ...wanted, play }),
    );
    const { run, config: experiment, backendChoice: backend, speed, lingers = false } = store.getState();
    const from = wanted.from && { from: wanted.from.checkpoint };
    client.send({ kind: 'start', run, experiment, backend, play, speed, ...from, ...(lingers ? { lingers } : {}) });
    const { own } = store.getState().asked;
    if (own !== null) client.send({ kind: 'ask', run, own });
  }

  /** Gets the shown run ready to go on from its latest checkpoint; a new run of its configuration if there is none. */
  function goOn(play: boolean): void {
    const { id, shown, checkpoint, phase, asked } = store.getState();
    const unusable = phase.kind === 'failed' && phase.failure.name === 'CheckpointError';
    if (shown === null || checkpoint === null || unusable) begin(play);
    else begin(play, { id, config: shown.config, from: { shown, checkpoint, onceRight: asked.onceRight } });
  }

  /** Starts over with another experiment; goes on with the same one. */
  function replace(experiment: ExperimentConfig): void {
    const config = experimentConfigSchema.parse(experiment);
    const current = experimentConfigSchema.parse(store.getState().config);
    if (JSON.stringify(config) !== JSON.stringify(current)) begin(false, { config });
  }

  /**
   * Starts over with the valid settings of `changes`, and reports the others. Those that are undefined are left to the
   * methods.
   */
  function change(changes: SettingChanges & Partial<Pick<ExperimentConfig, 'lanes'>>): void {
    const current = store.getState().config;
    const moved = changes.scenario === undefined ? current : inScenario(current, changes.scenario);
    const given = Object.entries(changes);
    const unnamed = given.filter(([, value]) => value === undefined);
    const before = renamed(moved, Object.fromEntries(unnamed));
    const named = given.filter(([, value]) => value !== undefined);
    const { config, problems } = parseExperiment(Object.fromEntries(named), before);
    for (const problem of problems) actions.notify('error', say('notices.staysAsItWas', { message: problem.message }));
    const all = laneConfigs(config).find(
      ({ method, budget, candidates }) =>
        !isIdle('budget', method) && initialRetrieval(method) !== null && budget >= candidates,
    );
    if (all !== undefined && (named.length > 0 || unnamed.length > 0)) {
      actions.notify('warning', say('notices.budgetTooLarge', { budget: all.budget, candidates: all.candidates }));
    }
    replace(config);
  }

  /** Lets the current run play or step; if no run is under way, starts one that does. Play shows at once. */
  function move(kind: 'play' | 'step'): void {
    const { phase, run, config, shown } = store.getState();
    switch (phase.kind) {
      case 'loading':
        update((state) => ({ ...state, phase: { ...phase, playWhenReady: kind === 'play' } }));
        client.send({ kind, run });
        break;
      case 'paused':
      case 'playing':
        if (kind === 'play') update((state) => ({ ...state, phase: { kind: 'playing' } }));
        client.send({ kind, run });
        break;
      case 'finished':
        // The result stays: another seed says more than the same numbers again.
        if (kind === 'play') begin(true, { config: { ...config, seed: nextSeed(config.seed) } });
        break;
      case 'imported':
        begin(kind === 'play', { config: shown?.config ?? config });
        if (kind === 'step') client.send({ kind, run: store.getState().run });
        break;
      case 'failed':
      case 'lost':
      case 'kept':
        goOn(kind === 'play');
        if (kind === 'step') client.send({ kind, run: store.getState().run });
        break;
      default:
        phase satisfies never;
    }
  }

  const actions: LabActions = {
    play: () => move('play'),
    step: () => move('step'),
    playTo(until) {
      const { phase, run, shown } = store.getState();
      if (phase.kind !== 'loading' && phase.kind !== 'paused' && phase.kind !== 'playing') return;
      if (shown !== null && shown.step >= until) return;
      const next: Phase = phase.kind === 'loading' ? { ...phase, playWhenReady: true } : { kind: 'playing' };
      update((state) => ({ ...state, phase: next }));
      client.send({ kind: 'play', run, until });
    },
    pause() {
      const { phase, run } = store.getState();
      if (phase.kind === 'loading') update((state) => ({ ...state, phase: { ...phase, playWhenReady: false } }));
      // Shown at once, even if the worker is in the middle of something; its report will say the same.
      if (phase.kind === 'playing') update((state) => ({ ...state, phase: { kind: 'paused' }, stepsPerSecond: 0 }));
      client.send({ kind: 'pause', run });
    },
    reset: () => begin(false),
    goOn: () => goOn(false),
    continueRun: (id, from) => begin(false, { id, config: from.shown.config, from }),
    startAgain: () => begin(false),
    newSeed() {
      const { config } = store.getState();
      begin(false, { config: { ...config, seed: freshSeed(config.seed) } });
    },
    hurry() {
      const { speed } = store.getState();
      update((state) => ({ ...state, lingers: false }));
      client.send({ kind: 'speed', speed });
    },
    setSpeed(speed) {
      update((state) => ({ ...state, speed }));
      client.send({ kind: 'speed', speed });
    },
    setRetrieval(lane, retrieval) {
      const { phase, shown, run } = store.getState();
      const current = shown?.lanes[lane]?.retrieval ?? null;
      const underWay = phase.kind === 'loading' || phase.kind === 'paused' || phase.kind === 'playing';
      if (!underWay || current === null || current === retrieval) return;
      update((state) => withRetrieval(state, lane, retrieval));
      client.send({ kind: 'retrieval', run, lane, retrieval });
    },
    setLaneMethod(lane, method) {
      change({ lanes: store.getState().config.lanes.map((old, index) => (index === lane ? method : old)) });
    },
    addLane(method) {
      change({ lanes: [...store.getState().config.lanes, method] });
    },
    removeLane(lane) {
      change({ lanes: store.getState().config.lanes.filter((_, index) => index !== lane) });
    },
    applySettings: change,
    setExperiment: replace,
    setBackend: (backendChoice) => begin(false, { backendChoice }),
    openData(files) {
      offeredFiles = files;
      if (!answering) {
        client.restart();
        answering = true;
      }
      client.send({ kind: 'openData', files });
    },
    usePartialData(use) {
      update((state) => ({ ...state, partialData: null }));
      if (!use) offeredFiles = null;
      client.send({ kind: 'usePartialData', use });
    },
    async importRun(fileName, read) {
      reading?.abort();
      const mine = new AbortController();
      reading = mine;
      update((state) => ({ ...state, opening: { what: fileName, loaded: 0, total: 0 } }));
      const checked = await read(mine.signal).catch((error: unknown): CheckedRunFile => {
        const reason = error instanceof Error ? error.message : String(error);
        return { kind: 'refused', problems: [say('notices.unreadable', { reason })] };
      });
      if (mine.signal.aborted) return;
      reading = null;
      update((state) => ({ ...state, opening: null }));
      const parsed = parsedRun(checked);
      if (parsed.kind === 'refused') {
        for (const problem of parsed.problems) actions.notify('error', `${fileName}: ${problem}`);
        return;
      }
      client.send({ kind: 'pause', run: store.getState().run });
      update((state) => importedRun(state, freshRunName(), fileName, parsed.run));
    },
    showRun(view) {
      client.send({ kind: 'pause', run: store.getState().run });
      update((state) => runShownAgain(state, view));
    },
    stopOpening() {
      reading?.abort();
      reading = null;
      offeredFiles = null;
      client.send({ kind: 'stopOpening' });
      update((state) => ({ ...state, opening: null }));
    },
    askAbout(pixels) {
      update((state) => ({ ...state, asked: withOwn(state.asked, pixels) }));
      const { run, asked } = store.getState();
      client.send({ kind: 'ask', run, own: asked.own });
    },
    notify: (tone, text, action) => update((state) => withNotice(state, tone, text, action)),
    dismiss: (noticeId) =>
      update((state) => ({ ...state, notices: state.notices.filter((notice) => notice.id !== noticeId) })),
  };

  const store = createStore<LabStore>()(() => ({ ...openingState(opening), actions }));
  client.onLink((event) => {
    answering = event.kind === 'answering';
    update((state) => applyLink(state, event));
  });
  client.onReport((report) => {
    update((state) => applyReport(state, report));
    if (report.kind === 'dataOpened' && offeredFiles) {
      acceptedFiles = offeredFiles;
      offeredFiles = null;
      const { config } = store.getState();
      begin(false, { config: onDataset(config, report.dataset) });
    } else if (report.kind === 'dataRefused') {
      if (offeredFiles) offeredFiles = null;
      else acceptedFiles = null;
    }
  });
  begin(false);
  return store;
}
