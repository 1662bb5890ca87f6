import { create } from 'zustand';
import type { MemoryFacts } from './memoryFacts.ts';

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
