import { type FocusEvent, type KeyboardEvent, useState } from 'react';

/**
 * One stop of the Tab key for a whole list: arrow keys, Home and End move within it.
 * The list takes `list`; each item has its place among those that are seen in `data-place`, and a button.
 *
 * @param count items of the list
 * @param columns items in a row, as they are seen
 */
export function useRovingFocus(count: number, columns: number) {
  const [current, setCurrent] = useState(0);
  const present = Math.min(current, Math.max(0, count - 1));

  function onKeyDown(event: KeyboardEvent<HTMLElement>): void {
    const places: Partial<Record<string, number>> = {
      ArrowRight: present + 1,
      ArrowLeft: present - 1,
      ArrowDown: present + columns,
      ArrowUp: present - columns,
      Home: 0,
      End: count - 1,
    };
    const to = places[event.key];
    if (to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (to < 0 || to >= count) return;
    setCurrent(to);
    event.currentTarget.querySelector<HTMLElement>(`[data-place="${to}"] button`)?.focus();
  }

  function onFocus(event: FocusEvent<HTMLElement>): void {
    const place = event.target.closest('[data-place]')?.getAttribute('data-place') ?? null;
    if (place !== null) setCurrent(Number(place));
  }

  return { tabIndexOf: (place: number): 0 | -1 => (place === present ? 0 : -1), list: { onKeyDown, onFocus } };
}
