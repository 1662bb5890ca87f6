import { initialRetrieval, laneConfigs, type ExperimentConfig, type MethodName } from '../engine/config.ts';
import type { BackendChoice } from '../worker/protocol.ts';
import type { LabState, LaneState, ShownRun } from './labState.ts';

/** A lane before its first step, with its method's own retrieval. */
export function newLane(method: MethodName): LaneState {
  return {
    method,
    retrieval: initialRetrieval(method),
    evaluations: [],
    losses: [],
    counts: null,
    trace: null,
    reconstructions: null,
    replacedLatents: 0,
    stopped: null,
  };
}

/**
 * A run at step 0. Until it reports its own tasks it takes them over from the run shown before, if that was in the
 * same scenario.
 */
function atStepZero(config: ExperimentConfig, before: ShownRun): ShownRun {
  const elsewhere = config.scenario !== before.config.scenario;
  return {
    ...before,
    ...(elsewhere ? { tasks: [], totalSteps: 0, classNames: [] } : {}),
    config,
    runConfigs: laneConfigs(config),
    lanes: config.lanes.map(newLane),
    step: 0,
    task: 1,
    evaluation: null,
    changes: [],
    evaluating: null,
    preparing: null,
  };
}

/**
 * The state right after a new run was asked for: a fresh run number, so that whatever an earlier run
 * still reports is stale, and the page already at step 0.
 */
export function newRun(
  state: LabState,
  wanted: { readonly config: ExperimentConfig; readonly backendChoice: BackendChoice; readonly play: boolean },
): LabState {
  return {
    ...state,
    run: state.run + 1,
    config: wanted.config,
    backendChoice: wanted.backendChoice,
    phase: { kind: 'loading', progress: null, playWhenReady: wanted.play },
    taskImages: state.shown?.config.scenario === wanted.config.scenario ? state.taskImages : [],
    shown: state.shown === null ? null : atStepZero(wanted.config, state.shown),
    stepsPerSecond: 0,
  };
}
