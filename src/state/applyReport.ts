import type { LinkEvent } from '../worker/client.ts';
import type { Report } from '../worker/protocol.ts';
import { applyEvents } from './applyEvents.ts';
import type { LabState, Phase } from './labState.ts';
import { withNotice } from './withNotice.ts';

/** The phase after the worker has said whether it plays: only a run that is under way can play or pause. */
function afterPlaying(phase: Phase, playing: boolean): Phase {
  const underWay = phase.kind === 'loading' || phase.kind === 'paused' || phase.kind === 'playing';
  if (!underWay) return phase;
  return { kind: playing ? 'playing' : 'paused' };
}

/** The state after a report from the worker. Pure. Reports of any other run than the current one change nothing. */
export function applyReport(state: LabState, report: Report): LabState {
  if ('run' in report && report.run !== state.run) return state;
  switch (report.kind) {
    case 'loading':
      if (state.phase.kind !== 'loading') return state;
      return { ...state, phase: { ...state.phase, progress: report.progress } };
    case 'ready': {
      const { backend, engineVersion, taskImages } = report;
      return { ...state, taskImages, shown: state.shown && { ...state.shown, backend, engineVersion } };
    }
    case 'events': {
      const finished = report.events.some((event) => event.kind === 'finished');
      return {
        ...state,
        shown: applyEvents(state.shown, state.config, report.events),
        phase: finished ? { kind: 'finished' } : state.phase,
        stepsPerSecond: finished ? 0 : report.stepsPerSecond,
      };
    }
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
      return withNotice(state, 'info', report.text);
    case 'openingData':
      return { ...state, opening: report.progress };
    case 'dataOpened':
      return withNotice({ ...state, opening: null }, 'info', report.description);
    case 'dataPartial':
      return { ...state, opening: null, partialData: { description: report.description, problems: report.problems } };
    case 'dataRefused':
      return withNotice({ ...state, opening: null }, 'error', report.failure.message);
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
      if (state.phase.kind === 'lost' || state.phase.kind === 'imported') return state;
      return { ...state, phase: { kind: 'lost', failure: event.failure, before: state.phase }, stepsPerSecond: 0, opening: null };
    case 'answering':
      return state.phase.kind === 'lost' ? { ...state, phase: state.phase.before } : state;
    default:
      return event satisfies never;
  }
}
