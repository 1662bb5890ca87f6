import { type RefObject, useLayoutEffect, useRef } from 'react';

/**
 * Lets a panel or paragraph of a limited height leave things out until the rest fits: `data-tight` on its element counts
 * how many levels of them, and its style sheet says what each level leaves out. While nothing that `about` names has
 * changed, what is left out stays so, so that a run does not flicker; a window of another size begins anew.
 *
 * @param levels the most levels
 * @param about names what decides how much is to be shown, such as the lanes' methods
 * @param parts selects what within is watched, too: what may grow where the element itself keeps its size
 * @returns for the element
 */
export function useRoom<E extends HTMLElement>(
  levels: number,
  about: string,
  parts = ':scope > *',
): RefObject<E | null> {
  const panel = useRef<E>(null);
  useLayoutEffect(() => {
    const element = panel.current;
    if (element === null) return undefined;
    let tight = 0;
    let frame = 0;

    /** @returns whether anything more is left out */
    function fit(): boolean {
      const before = tight;
      while (element !== null && element.scrollHeight > element.clientHeight + 1 && tight < levels) {
        tight += 1;
        element.dataset['tight'] = String(tight);
      }
      return tight > before;
    }
    function anew(): void {
      tight = 0;
      if (element !== null) element.dataset['tight'] = '0';
      fit();
    }
    function watchParts(): void {
      if (element === null) return;
      watch.observe(element);
      for (const part of element.querySelectorAll(parts)) watch.observe(part);
    }
    // Called between layout and painting. What is left out changes the sizes that are watched, which must not call
    // again in the same frame.
    const watch = new ResizeObserver(() => {
      if (!fit()) return;
      watch.disconnect();
      frame = requestAnimationFrame(watchParts);
    });
    watchParts();
    addEventListener('resize', anew);
    anew();
    return () => {
      cancelAnimationFrame(frame);
      watch.disconnect();
      removeEventListener('resize', anew);
    };
  }, [levels, about, parts]);
  return panel;
}
