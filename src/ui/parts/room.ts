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

/** Lines of the headline that the panels below leave room for. */
const roomLines = 2;

/** Smaller type; then without when was tested; then without anything beside the text. */
const shorterForms = 3;

/**
 * Shortens what stands in the headline's place, by its style sheet (`data-long`), where it is longer than two lines in
 * this language and this window.
 *
 * @param about names what it says
 */
export function useTwoLines(about: string): RefObject<HTMLParagraphElement | null> {
  const headline = useRef<HTMLParagraphElement>(null);
  useLayoutEffect(() => {
    const element = headline.current;
    if (element === null) return undefined;
    let width = -1;
    const fit = () => {
      if (element.clientWidth === width) return;
      width = element.clientWidth;
      for (let form = 0; form <= shorterForms; form++) {
        element.dataset['long'] = String(form);
        const line = Number.parseFloat(getComputedStyle(element).lineHeight);
        if (element.clientHeight <= (roomLines + 0.5) * line) break;
      }
    };
    fit();
    // What stands beside it takes more or less room as the run goes on.
    const observer = new ResizeObserver(fit);
    observer.observe(element);
    return () => observer.disconnect();
  }, [about]);
  return headline;
}
