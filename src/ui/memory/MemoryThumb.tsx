import { memo, type ReactNode, type FocusEvent, type KeyboardEvent, useState } from 'react';
import { create } from 'zustand';
import { useLabStore } from '../parts/contexts.ts';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { memoryFacts, type MemoryFacts } from './memoryFacts.ts';
import style from './MemoryThumb.module.css';

/** An image that the page shows: one of the data, or one that a lane's decoder made. */
export type ShownImage =
  | { readonly kind: 'image'; readonly sample: number; readonly task: number }
  | { readonly kind: 'decoded'; readonly lane: number; readonly rule: 'mir' | 'random'; readonly place: number };

export function sameImage(one: ShownImage, other: ShownImage): boolean {
  if (one.kind === 'image') return other.kind === 'image' && one.sample === other.sample && one.task === other.task;
  return other.kind === 'decoded' && one.lane === other.lane && one.rule === other.rule && one.place === other.place;
}

/** The image that the viewer points at or has chosen. */
interface Chosen {
  readonly image: ShownImage;
  /** What was so when it was chosen: a run that goes on does not change it. */
  readonly facts: MemoryFacts;
  /** The thumbnail, beside which the card stands. */
  readonly anchor: Element;
  /** Whether the card stays when the viewer points elsewhere. */
  readonly pinned: boolean;
}

interface MemoryChoice {
  readonly chosen: Chosen | null;
  /** The viewer points at a thumbnail, or its focus; a pinned card stays. */
  readonly point: (chosen: Omit<Chosen, 'pinned'>) => void;
  /** The viewer points elsewhere. */
  readonly leave: () => void;
  /** The viewer chooses a thumbnail; choosing it again closes the card. */
  readonly pin: (chosen: Omit<Chosen, 'pinned'>) => void;
  readonly close: () => void;
}

/** The choice is one for the whole page, so that the same image is lit up wherever it stands. */
export const useMemoryChoice = create<MemoryChoice>()((set, get) => ({
  chosen: null,
  point(chosen) {
    if (get().chosen?.pinned !== true) set({ chosen: { ...chosen, pinned: false } });
  },
  leave() {
    if (get().chosen?.pinned === false) set({ chosen: null });
  },
  pin(chosen) {
    const { chosen: before } = get();
    const again = before !== null && before.pinned && before.anchor === chosen.anchor;
    set({ chosen: again ? null : { ...chosen, pinned: true } });
  },
  close: () => set({ chosen: null }),
}));

/**
 * A thumbnail that can be asked about: pointing at it or focusing it shows the card, a click or a tap keeps it. It is lit
 * up while the same image is chosen anywhere.
 */
export const MemoryThumb = memo(function MemoryThumb({
  image,
  lane = null,
  text,
  pixels,
  index,
  shape,
  className,
  tabIndex = 0,
  children,
}: {
  readonly image: ShownImage;
  /** The lane in which it stands, 0 for Lane A; null where it stands for all. */
  readonly lane?: number | null;
  /** What the image is, as a screen reader says it. */
  readonly text: string;
  /** Images one after another, of which it is one. */
  readonly pixels: Uint8Array;
  readonly index: number;
  readonly shape: readonly [number, number, number];
  /** Of the picture. */
  readonly className?: string | undefined;
  /** −1 where another of its list has the focus of the keyboard. */
  readonly tabIndex?: 0 | -1;
  /** What stands with it in the same button. */
  readonly children?: ReactNode;
}) {
  const store = useLabStore();
  const lit = useMemoryChoice(({ chosen }) => chosen !== null && sameImage(chosen.image, image));

  function choice(anchor: Element) {
    const facts = memoryFacts(store.getState().shown, image, lane);
    return facts && { image, facts, anchor };
  }

  function point(anchor: Element): void {
    const chosen = choice(anchor);
    if (chosen !== null) useMemoryChoice.getState().point(chosen);
  }

  return (
    <button
      type="button"
      className={style.thumb}
      data-lit={lit}
      aria-label={text}
      tabIndex={tabIndex}
      onPointerEnter={({ pointerType, currentTarget }) => {
        if (pointerType !== 'touch') point(currentTarget);
      }}
      onPointerLeave={() => useMemoryChoice.getState().leave()}
      onFocus={({ currentTarget }) => {
        if (currentTarget.matches(':focus-visible')) point(currentTarget);
      }}
      onBlur={() => useMemoryChoice.getState().leave()}
      onClick={({ currentTarget }) => {
        const chosen = choice(currentTarget);
        if (chosen !== null) useMemoryChoice.getState().pin(chosen);
      }}
    >
      <Thumbnail pixels={pixels} index={index} shape={shape} className={className} />
      {children}
    </button>
  );
});

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
