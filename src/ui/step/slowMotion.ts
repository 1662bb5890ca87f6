import { create } from 'zustand';
import { begun, type Walk } from './stages.ts';

/** The step that is gone through, stage by stage. */
interface SlowMotion {
  /** Null while nobody goes through a step. */
  readonly walk: Walk | null;
  readonly begin: (after: number | null) => void;
  readonly go: (walk: Walk) => void;
  readonly leave: () => void;
}

/** Buttons in several parts of the page begin and leave it. */
export const useSlowMotion = create<SlowMotion>()((set) => ({
  walk: null,
  begin: (after) => set({ walk: begun(after) }),
  go: (walk) => set({ walk }),
  leave: () => set({ walk: null }),
}));
