import { Footprints } from 'lucide-react';
import { useEffect } from 'react';
import { Button } from '../parts/Button.tsx';
import { useLab, useLabActions, useLabStore } from '../parts/contexts.ts';
import { useSlowMotion } from './slowMotion.ts';

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
      caption="Slow motion"
      aria-pressed={on}
      disabled={imported}
      onClick={toggle}
      tip="Go through one step, stage by stage"
    />
  );
}
