import { laneConfigs, type ExperimentConfig } from '../engine/config.ts';
import type { EvaluationEvent, ReplayCounts } from '../engine/events.ts';
import type { PageEvent } from '../worker/protocol.ts';
import type { LaneReconstructions, LaneState, LaneTrace, RetrievalChange, ShownRun } from './labState.ts';
import { newLane } from './newRun.ts';

/** What a batch of events adds to one lane. Gathered first, so that long lists are copied once a batch. */
interface LaneAdditions {
  evaluations: EvaluationEvent[];
  losses: number[];
  counts: ReplayCounts | null;
  trace: LaneTrace | null;
  reconstructions: LaneReconstructions | null;
  replacedLatents: number | null;
  stopped: string | null;
}

function noAdditions(): LaneAdditions {
  return { evaluations: [], losses: [], counts: null, trace: null, reconstructions: null, replacedLatents: null, stopped: null };
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
    stopped: added.stopped ?? lane.stopped,
  };
}

/** The run that has just started: what it says of itself, with the retrievals that the viewer has chosen meanwhile. */
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
    changes: [],
    evaluating: null,
    preparing: null,
    backend: before?.backend ?? null,
    engineVersion: before?.engineVersion ?? '',
  };
}

/**
 * The shown run after a batch of its events, in order. Lanes that no event touches stay the same
 * objects.
 *
 * @param shown the run so far; null before the first `started`
 * @param config what the run was started with
 */
export function applyEvents(
  shown: ShownRun | null,
  config: ExperimentConfig,
  events: readonly PageEvent[],
): ShownRun | null {
  let run = shown;
  let additions = new Map<number, LaneAdditions>();
  let changes: RetrievalChange[] = [];
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
        additions = new Map();
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
        addTo(event.lane).stopped = event.reason;
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
