import { Footprints } from 'lucide-react';
import { useEffect } from 'react';
import { create } from 'zustand';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLab, useLabActions, useLabStore } from '../parts/contexts.ts';
import { begun, type Walk } from './stages.ts';

/** The step that is gone through, stage by stage. */
interface SlowMotion {
  /** Null while nobody goes through a step. */
  readonly walk: Walk | null;
  readonly begin: (after: number | null) => void;
  readonly go: (walk: Walk) => void;
  readonly leave: () => void;
}

/** Buttons in several parts of the page begin and leave it. */
export const useSlowMotion = create<SlowMotion>()((set) => ({
  walk: null,
  begin: (after) => set({ walk: begun(after) }),
  go: (walk) => set({ walk }),
  leave: () => set({ walk: null }),
}));

/** Pauses, trains one step where none is at hand, and begins to go through it; leaves it again. */
export function SlowMotionButton() {
  const store = useLabStore();
  const actions = useLabActions();
  const on = useSlowMotion(({ walk }) => walk !== null);
  const { begin, leave } = useSlowMotion.getState();
  const playing = useLab(({ phase }) => phase.kind === 'playing');
  const imported = useLab(({ phase }) => phase.kind === 'imported');
  useEffect(() => {
    if (playing) leave();
  }, [playing, leave]);

  function toggle(): void {
    if (on) {
      leave();
      return;
    }
    actions.pause();
    const { shown, phase } = store.getState();
    const traced = shown?.lanes.find(({ stopped }) => stopped === null)?.trace?.step ?? 0;
    const atHand = phase.kind === 'finished' || (traced > 0 && traced === shown?.step);
    if (!atHand) actions.step();
    begin(atHand ? null : traced);
  }

  return (
    <Button
      icon={<Footprints />}
      caption={say('step.slowMotion')}
      aria-pressed={on}
      disabled={imported}
      onClick={toggle}
      tip={say(imported ? 'step.slowMotionImported' : 'step.slowMotionTip')}
    />
  );
}
