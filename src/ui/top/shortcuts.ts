import { useEffect } from 'react';
import { useLabStore } from '../parts/contexts.ts';

/** Elements that use the keys themselves. */
const usesKeys =
  'input, select, textarea, button, a, summary, dialog, [role="menu"], [role="application"], [contenteditable]';

/** Space plays and pauses, → trains one step, R resets, wherever no control has the focus. */
export function useShortcuts(): void {
  const store = useLabStore();
  useEffect(() => {
    function onKeyDown(event: KeyboardEvent): void {
      if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.target instanceof Element && event.target.closest(usesKeys)) return;
      if (document.querySelector('dialog[open]')) return;
      const { phase, actions } = store.getState();
      const playing = phase.kind === 'playing' || (phase.kind === 'loading' && phase.playWhenReady);
      switch (event.key) {
        case ' ':
          if (event.repeat) break;
          if (playing) actions.pause();
          else actions.play();
          break;
        case 'ArrowRight':
          actions.step();
          break;
        case 'r':
        case 'R':
          if (!event.repeat) actions.reset();
          break;
        default:
          return;
      }
      event.preventDefault();
    }
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [store]);
}
