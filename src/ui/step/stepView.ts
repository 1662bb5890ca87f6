import type { Retrieval, Settings } from '../../engine/config.ts';
import type { LaneTrace } from '../../state/labState.ts';

/** What the parts of one lane's step are drawn from. */
export interface StepView {
  /** The latest traced step; null before the first. */
  readonly trace: LaneTrace | null;
  /** In force from the next step on; null if the lane replays nothing. */
  readonly retrieval: Retrieval | null;
  readonly task: number;
  readonly settings: Settings;
  readonly shape: readonly [number, number, number] | null;
  /** What the images are called. */
  readonly images: 'digits' | 'images';
}
