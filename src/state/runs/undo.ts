import type { LabState, RunView } from '../labState.ts';
import type { KeptRun } from './keptRun.ts';

/** Something that can be taken back. */
export type UndoStep =
  /** Back to a run that was shown. */
  | { readonly kind: 'run'; readonly words: string; readonly view: RunView }
  /** Back to a configuration whose run had taken no step. */
  | { readonly kind: 'fresh'; readonly words: string; readonly view: Pick<LabState, 'config' | 'backendChoice'> }
  /** Back into the list. */
  | { readonly kind: 'deleted'; readonly words: string; readonly content: KeptRun };

/** The most steps that can be taken back. */
const mostSteps = 20;

/** The most steps that keep their checkpoint, which can be large. */
const mostCheckpoints = 4;

export function withStep(steps: readonly UndoStep[], step: UndoStep): readonly UndoStep[] {
  const earlier = steps.slice(1 - mostSteps).map((old, index, all): UndoStep => {
    if (old.kind !== 'run' || index > all.length - mostCheckpoints) return old;
    return { ...old, view: { ...old.view, checkpoint: null } };
  });
  return [...earlier, step];
}

/** What took a run's place, in words that go on "Back to the run before …". */
function changeWords(before: LabState, after: LabState): string {
  if (after.phase.kind === 'imported') return 'the import';
  const { config: old } = before;
  const { config } = after;
  if (after.phase.kind === 'finished' || after.phase.kind === 'kept') return 'this one was shown';
  if (old.scenario !== config.scenario) return 'the change of scenario';
  if (old.lanes.length < config.lanes.length) return 'a lane was added';
  if (old.lanes.length > config.lanes.length) return 'a lane was removed';
  if (old.lanes.join() !== config.lanes.join()) return 'the change of method';
  const sameButSeed = JSON.stringify({ ...old, seed: 0 }) === JSON.stringify({ ...config, seed: 0 });
  if (!sameButSeed) return 'the change of settings';
  if (old.seed !== config.seed) return 'the change of seed';
  return before.backendChoice === after.backendChoice ? 'the fresh start' : 'the change of backend';
}

/** A run as it can be shown again once another has taken its place; null if it had taken no step. */
function viewAgain({
  id,
  config,
  backendChoice,
  taskImages,
  checkpoint,
  asked,
  shown,
  phase,
}: LabState): RunView | null {
  if (shown === null || shown.step === 0) return null;
  const common = { id, config, backendChoice, taskImages, checkpoint, asked, shown };
  switch (phase.kind) {
    case 'finished':
    case 'failed':
    case 'imported':
    case 'kept':
      return { ...common, phase };
    case 'loading':
    case 'paused':
    case 'playing':
    case 'lost':
      return { ...common, phase: { kind: shown.step === shown.totalSteps ? 'finished' : 'kept' } };
    default:
      return phase satisfies never;
  }
}

/** The step that takes back a change from one run to another; null if nothing changed that anybody would miss. */
export function undoStep(before: LabState, after: LabState): UndoStep | null {
  if (before.id === '' || before.id === after.id) return null;
  const words = changeWords(before, after);
  const view = viewAgain(before);
  if (view !== null) return { kind: 'run', words: `Back to the run before ${words}`, view };
  const same = JSON.stringify(before.config) === JSON.stringify(after.config);
  if (same && before.backendChoice === after.backendChoice && after.phase.kind === 'loading') return null;
  const { config, backendChoice } = before;
  return { kind: 'fresh', words: `Back to what was before ${words}`, view: { config, backendChoice } };
}
