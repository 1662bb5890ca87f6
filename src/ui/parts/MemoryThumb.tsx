import { memo, type ReactNode, type FocusEvent, type KeyboardEvent, useState } from 'react';
import { create } from 'zustand';
import { useLabStore } from './contexts.ts';
import { Thumbnail } from './Thumbnail.tsx';
import style from './MemoryThumb.module.css';
import type { Retrieval, ScoreName } from '../../core/config.ts';
import type { DecodedSample, RetrievalReport } from '../../core/events.ts';
import { methods } from '../../core/methods.ts';
import type { LaneState, ShownRun } from '../../state/labState.ts';
import { fixed } from '../../texts/numbers.ts';
import { className, plainLoss } from './words.ts';

/** What one lane's step did with one image; losses in nats. */
export type LaneFacts = {
  readonly lane: number;
  readonly method: string;
  readonly step: number;
} & (
  | { readonly kind: 'candidate'; readonly facts: CandidateFacts }
  | { readonly kind: 'incoming'; readonly before: number; readonly virtual: number | null; readonly after: number }
  | { readonly kind: 'decoded'; readonly sample: DecodedSample; readonly rule: Retrieval; readonly used: Retrieval }
);

/** A memory among the candidates of one step. */
export interface CandidateFacts {
  readonly loss: number;
  readonly virtualLoss: number;
  readonly bestLoss: number;
  readonly score: number;
  readonly rule: ScoreName;
  /** 1 for the highest score. */
  readonly rank: number;
  /** C */
  readonly of: number;
  /** Whether MIR takes it, whether random drew it, and whose choice was replayed. */
  readonly mir: boolean;
  readonly random: boolean;
  readonly used: Retrieval;
  /** Its loss after the real step; null if it was not replayed. */
  readonly after: number | null;
}

/** Everything that the latest steps tell of one image. */
export interface MemoryFacts {
  readonly label: number;
  readonly name: string;
  /** Null for an image that a generator made up. */
  readonly task: number | null;
  readonly pixels: Uint8Array;
  readonly index: number;
  readonly shape: readonly [number, number, number];
  /** By lane; lanes that do not know it are left out. */
  readonly lanes: readonly LaneFacts[];
  /** What is told of the lane in which it was chosen, or of the one where MIR replays, or of the first that knows it. */
  readonly told: LaneFacts;
}

/** Rank of a candidate: 1 + how many come before it, highest score first, equal ones in the order drawn. */
export function rankOf(candidates: RetrievalReport['candidates'], position: number): number {
  const { score } = candidates[position];
  return 1 + candidates.filter((other, at) => other.score > score || (other.score === score && at < position)).length;
}

function candidateFacts(
  report: RetrievalReport,
  position: number,
  replayedAfter: readonly number[] | null,
): CandidateFacts {
  const { candidates, mirPicks, randomPicks, used, score: rule } = report;
  const { loss, virtualLoss, bestLoss, score } = candidates[position];
  const place = (used === 'mir' ? mirPicks : randomPicks).indexOf(position);
  return {
    ...{ loss, virtualLoss, bestLoss, score, rule, used },
    rank: rankOf(candidates, position),
    of: candidates.length,
    mir: mirPicks.includes(position),
    random: randomPicks.includes(position),
    after: place === -1 ? null : (replayedAfter?.[place] ?? null),
  };
}

type Seen = LaneFacts & Pick<MemoryFacts, 'label' | 'task' | 'pixels' | 'index'>;

/** What a lane's latest traced step tells of an image; null if it did not meet it. */
function seenBy({ method, trace }: LaneState, lane: number, image: ShownImage): Seen | null {
  if (trace === null) return null;
  const { losses, retrieval, step } = trace;
  const common = { lane, method: methods[method].label, step };
  if (image.kind === 'decoded') {
    if (lane !== image.lane || retrieval === null || retrieval.kind === 'memory') return null;
    const samples = image.rule === 'mir' ? retrieval.mirPicks : retrieval.randomPicks;
    if (image.place >= samples.length) return null;
    const sample = samples[image.place];
    return {
      ...common,
      ...{ kind: 'decoded', sample, rule: image.rule, used: retrieval.used },
      ...{ label: sample.label, task: sample.task, index: image.place },
      pixels: image.rule === 'mir' ? retrieval.pictures.mirPicks : retrieval.pictures.randomPicks,
    };
  }
  const here = (other: { readonly sample: number; readonly task: number }) =>
    other.sample === image.sample && other.task === image.task;
  if (retrieval?.kind === 'memory') {
    const index = retrieval.candidates.findIndex(here);
    if (index !== -1) {
      const { label, task } = retrieval.candidates[index];
      const facts = candidateFacts(retrieval, index, losses?.replayed?.after ?? null);
      return { ...common, kind: 'candidate', facts, label, task, index, pixels: trace.thumbnails.candidates };
    }
  }
  const index = trace.incoming.findIndex(here);
  if (index === -1 || losses === null) return null;
  const { before, virtual, after } = losses.incoming;
  const { label, task } = trace.incoming[index];
  return {
    ...common,
    ...{ kind: 'incoming', before: before[index], virtual: virtual?.[index] ?? null, after: after[index] },
    ...{ label, task, index, pixels: trace.thumbnails.incoming },
  };
}

/**
 * What the lanes' latest traced steps tell of an image; null if none of them met it.
 *
 * @param lane the one in which it was chosen; null if it stands for all
 */
export function memoryFacts(shown: ShownRun | null, image: ShownImage, lane: number | null): MemoryFacts | null {
  if (shown === null) return null;
  const seen = shown.lanes.flatMap((state, index) => seenBy(state, index, image) ?? []);
  if (seen.length === 0) return null;
  const told =
    seen.find((own) => own.lane === lane) ??
    seen.find((own) => own.kind === 'candidate' && own.facts.used === 'mir') ??
    seen[0];
  const { label, task, pixels, index } = told;
  const name = className(label, shown.classNames);
  return { label, name, task, pixels, index, shape: shown.imageShape, lanes: seen, told };
}

/** A loss or a difference of losses with three decimals, so that they can be added up by eye: 0.021, −1.310, 12.34. */
export function exact(value: number): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 99.995) return plainLoss(value);
  return fixed(value, decimals(value));
}

const decimals = (value: number) => (Math.abs(value) < 9.9995 ? 3 : 2);

function rounded(value: number): number {
  // From there on, exact says thousands.
  if (Math.abs(value) >= 999.5) return Number.NaN;
  return Number(value.toFixed(Math.abs(value) >= 99.995 ? 0 : decimals(value)));
}

/** How the score comes about, with the numbers in it. */
export function scoreFormula({
  rule,
  loss,
  virtualLoss,
  bestLoss,
  score,
}: Pick<CandidateFacts, 'rule' | 'loss' | 'virtualLoss' | 'bestLoss' | 'score'>): string {
  const reference = rule === 'mi1' ? exact(loss) : `min(${exact(loss)}, ${exact(bestLoss)})`;
  const before = rule === 'mi1' ? loss : Math.min(loss, bestLoss);
  // Rounded numbers may not add up to the last digit.
  const adds = exact(rounded(virtualLoss) - rounded(before)) === exact(score);
  return `${exact(virtualLoss)} − ${reference} ${adds ? '=' : '≈'} ${exact(score)}`;
}

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
