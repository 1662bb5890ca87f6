import type { LabState, ShownRun } from './labState.ts';

/** Shows a run from a file. The run number moves on, so that the worker's run can no longer change what is shown. */
export function importedRun(state: LabState, fileName: string, shown: ShownRun): LabState {
  return { ...state, run: state.run + 1, shown, phase: { kind: 'imported', fileName }, stepsPerSecond: 0 };
}
