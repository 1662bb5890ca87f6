import { type ExperimentConfig, laneConfigs } from '../core/config.ts';
import type { EvaluationEvent, ReplayCounts, LaneStop } from '../core/events.ts';
import type { LinkEvent } from '../link/client.ts';
import type { PageEvent, Report } from '../link/protocol.ts';
import { askedAtCheckpoint, withAnswers, withQuestions } from './asked.ts';
import {
  type LabState,
  type LaneReconstructions,
  type LaneState,
  type LaneTrace,
  newLane,
  type Phase,
  type RetrievalChange,
  type ShownRun,
  withNotice,
  wentBack,
} from './labState.ts';
import { amountWords, failureWords, noticeWords } from './failureWords.ts';
import { say } from '../texts/say.ts';

/**
 * The additions of a batch of events to one lane. They are gathered first, so that long lists are copied once per
 * batch.
 */
interface LaneAdditions {
  evaluations: EvaluationEvent[];
  losses: number[];
  counts: ReplayCounts | null;
  trace: LaneTrace | null;
  reconstructions: LaneReconstructions | null;
  replacedLatents: number | null;
  stopped: { readonly reason: string; readonly stop: LaneStop } | null;
}

function noAdditions(): LaneAdditions {
  return {
    evaluations: [],
    losses: [],
    counts: null,
    trace: null,
    reconstructions: null,
    replacedLatents: null,
    stopped: null,
  };
}

function extendLane(lane: LaneState, added: LaneAdditions): LaneState {
  return {
    ...lane,
    evaluations: added.evaluations.length > 0 ? [...lane.evaluations, ...added.evaluations] : lane.evaluations,
    losses: added.losses.length > 0 ? lane.losses.concat(added.losses) : lane.losses,
    counts: added.counts ?? lane.counts,
    trace: added.trace ?? lane.trace,
    reconstructions: added.reconstructions ?? lane.reconstructions,
    replacedLatents: added.replacedLatents ?? lane.replacedLatents,
    ...(added.stopped && { stopped: added.stopped.reason, stop: added.stopped.stop }),
  };
}

/** The run that has just started, with its own description and the retrievals that the viewer has chosen meanwhile. */
function startedRun(
  event: Extract<PageEvent, { kind: 'started' }>,
  config: ExperimentConfig,
  before: ShownRun | null,
): ShownRun {
  return {
    config,
    runConfigs: laneConfigs(config),
    lanes: config.lanes.map((method, index) => {
      const lane = newLane(method);
      return { ...lane, retrieval: lane.retrieval && (before?.lanes[index]?.retrieval ?? lane.retrieval) };
    }),
    tasks: event.tasks,
    totalSteps: event.totalSteps,
    step: 0,
    task: 1,
    evaluation: event.evaluation,
    imageShape: event.imageShape,
    classNames: event.classNames,
    data: event.data,
    changes: [],
    evaluating: null,
    preparing: null,
    backend: before?.backend ?? null,
    engineVersion: before?.engineVersion ?? '',
  };
}

/**
 * The shown run after a batch of its events, in order. Lanes without an event stay the same objects.
 *
 * @param shown the run so far; null before the first `started`
 * @param config the configuration that the run was started with
 */
function applyEvents(shown: ShownRun | null, config: ExperimentConfig, events: readonly PageEvent[]): ShownRun | null {
  let run = shown;
  let additions = new Map<number, LaneAdditions>();
  let changes: RetrievalChange[] = [];
  let directSteps = run?.backend?.directSteps;
  let { step, task, evaluating, preparing } = run ?? { step: 0, task: 1, evaluating: null, preparing: null };

  function addTo(lane: number): LaneAdditions {
    const known = additions.get(lane);
    if (known) return known;
    const fresh = noAdditions();
    additions.set(lane, fresh);
    return fresh;
  }

  for (const event of events) {
    switch (event.kind) {
      case 'started':
        run = startedRun(event, config, run);
        if (event.from !== undefined) run = wentBack(run, event.from, shown);
        additions = new Map();
        directSteps = undefined;
        changes = [];
        ({ step, task, evaluating, preparing } = run);
        break;
      case 'stepped':
        ({ step, task } = event);
        evaluating = null;
        preparing = null;
        break;
      case 'traced': {
        const { kind: _kind, lane, ...trace } = event;
        addTo(lane).trace = trace;
        break;
      }
      case 'progress': {
        const added = addTo(event.lane);
        for (const loss of event.losses) added.losses.push(loss);
        added.counts = event.counts;
        added.replacedLatents = event.replacedLatents;
        directSteps = event.directSteps ?? directSteps;
        break;
      }
      case 'retrievalChanged':
        changes.push({ lane: event.lane, step: event.step, retrieval: event.retrieval });
        break;
      case 'evaluating':
        evaluating = event.done < event.total ? event.done / event.total : null;
        break;
      case 'preparing':
        preparing = event.done < event.total ? { lane: event.lane, done: event.done / event.total } : null;
        break;
      case 'reconstructed': {
        const { kind: _kind, lane, ...reconstructions } = event;
        addTo(lane).reconstructions = reconstructions;
        break;
      }
      case 'evaluated':
        addTo(event.lane).evaluations.push(event);
        break;
      case 'laneStopped':
        addTo(event.lane).stopped = event;
        break;
      case 'finished':
        evaluating = null;
        break;
      default:
        event satisfies never;
    }
  }
  if (run === null) return null;
  return {
    ...run,
    backend: run.backend && directSteps ? { ...run.backend, directSteps } : run.backend,
    step,
    task,
    evaluating,
    preparing,
    changes: changes.length > 0 ? [...run.changes, ...changes] : run.changes,
    lanes:
      additions.size === 0
        ? run.lanes
        : run.lanes.map((lane, index) => {
            const added = additions.get(index);
            return added ? extendLane(lane, added) : lane;
          }),
  };
}

/** The phase after the worker has said whether it plays: only a run that is under way can play or pause. */
function afterPlaying(phase: Phase, playing: boolean): Phase {
  const underWay = phase.kind === 'loading' || phase.kind === 'paused' || phase.kind === 'playing';
  if (!underWay) return phase;
  return { kind: playing ? 'playing' : 'paused' };
}

/** The phase of a run that has just trained: it waits for no images. */
function trains(playing: Extract<Phase, { kind: 'playing' }>): Phase {
  return playing.fetching === undefined ? playing : { kind: 'playing' };
}

/** The state after a report from the worker. Pure. Reports of other runs than the current one change nothing. */
export function applyReport(state: LabState, report: Report): LabState {
  if ('run' in report && report.run !== state.run) return state;
  switch (report.kind) {
    case 'loading':
      if (state.phase.kind === 'playing') return { ...state, phase: { kind: 'playing', fetching: report.progress } };
      if (state.phase.kind !== 'loading') return state;
      return { ...state, phase: { ...state.phase, progress: report.progress } };
    case 'preparingCard':
      if (state.phase.kind !== 'loading') return state;
      return { ...state, phase: { ...state.phase, preparesCard: report.preparing } };
    case 'ready': {
      const { backend, engineVersion, taskImages } = report;
      return { ...state, taskImages, shown: state.shown && { ...state.shown, backend, engineVersion } };
    }
    case 'questions':
      return { ...state, asked: withQuestions(state.asked, report) };
    case 'answers':
      return state.shown === null ? state : { ...state, asked: withAnswers(state.asked, report, state.shown) };
    case 'events': {
      const finished = report.events.some((event) => event.kind === 'finished');
      return {
        ...state,
        shown: applyEvents(state.shown, state.config, report.events),
        phase: finished ? { kind: 'finished' } : state.phase.kind === 'playing' ? trains(state.phase) : state.phase,
        stepsPerSecond: finished ? 0 : report.stepsPerSecond,
      };
    }
    case 'checkpoint':
      return { ...state, checkpoint: report.checkpoint, asked: askedAtCheckpoint(state.asked) };
    case 'playing':
      return {
        ...state,
        phase: afterPlaying(state.phase, report.playing),
        stepsPerSecond: report.playing ? state.stepsPerSecond : 0,
      };
    case 'failed':
      return {
        ...state,
        phase: { kind: 'failed', failure: report.failure },
        shown: state.shown && { ...state.shown, evaluating: null, preparing: null },
        stepsPerSecond: 0,
      };
    case 'notice':
      return withNotice(state, 'info', noticeWords(report));
    case 'openingStopped':
      return { ...state, opening: null };
    case 'openingData':
      return { ...state, opening: report.progress };
    case 'dataOpened':
      return withNotice({ ...state, opening: null }, 'info', say('data.opened', { what: amountWords(report.amount) }));
    case 'dataPartial':
      return {
        ...state,
        opening: null,
        partialData: { description: amountWords(report.amount), problems: report.problems },
      };
    case 'dataRefused':
      return withNotice({ ...state, opening: null }, 'error', failureWords(report.failure));
    case 'pong':
      return state;
    default:
      return report satisfies never;
  }
}

/** The state after the worker fell silent or answered again. Pure. */
export function applyLink(state: LabState, event: LinkEvent): LabState {
  switch (event.kind) {
    case 'lost':
      if (['lost', 'imported', 'kept'].includes(state.phase.kind)) return state;
      return {
        ...state,
        phase: { kind: 'lost', failure: event.failure, before: state.phase },
        stepsPerSecond: 0,
        opening: null,
      };
    case 'answering':
      return state.phase.kind === 'lost' ? { ...state, phase: state.phase.before } : state;
    default:
      return event satisfies never;
  }
}
