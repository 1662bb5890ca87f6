import { type RefObject, useLayoutEffect, useRef } from 'react';

/**
 * Lets a panel of a fixed height leave things out until the rest fits: `data-tight` on its element counts how many
 * levels of them, and its style sheet says what each level leaves out. While nothing that `about` names has changed,
 * what is left out stays so, so that a run does not flicker; a window of another size begins anew.
 *
 * @param levels the most levels
 * @param about names what decides how much is to be shown, such as the lanes' methods
 * @returns for the panel; its own size and those of the parts that `parts` selects are watched
 */
export function useRoom<E extends HTMLElement>(levels: number, about: string, parts: string): RefObject<E | null> {
  const panel = useRef<E>(null);
  useLayoutEffect(() => {
    const element = panel.current;
    if (element === null) return undefined;
    let tight = 0;
    let frame = 0;

    function fit(): void {
      frame = 0;
      if (element === null) return;
      while (element.scrollHeight > element.clientHeight + 1 && tight < levels) {
        tight += 1;
        element.dataset['tight'] = String(tight);
      }
    }
    function anew(): void {
      tight = 0;
      if (element !== null) element.dataset['tight'] = '0';
      fit();
    }
    // In the next frame: what is left out changes the sizes that are watched.
    const watch = new ResizeObserver(() => {
      frame ||= requestAnimationFrame(fit);
    });
    watch.observe(element);
    for (const part of element.querySelectorAll(parts)) watch.observe(part);
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
