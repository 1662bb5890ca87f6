import type { Retrieval } from '../engine/config.ts';
import type { LabState } from './labState.ts';

/** The state once the viewer has chosen a lane's retrieval. The curves' mark comes with the step that first uses it. */
export function withRetrieval(state: LabState, lane: number, retrieval: Retrieval): LabState {
  const { shown } = state;
  if (shown === null) return state;
  const lanes = shown.lanes.map((old, index) => (index === lane ? { ...old, retrieval } : old));
  return { ...state, shown: { ...shown, lanes } };
}
