import { memo, type ReactNode } from 'react';
import { useLabStore } from '../parts/contexts.ts';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { sameImage, type ShownImage, useMemoryChoice } from './memoryChoice.ts';
import { memoryFacts } from './memoryFacts.ts';
import style from './MemoryThumb.module.css';

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
