import type { CSSProperties } from 'react';
import { laneLetter } from '../../state/laneLetter.ts';

/** The shape that marks a lane's points, so that colour is never the only difference. */
export type MarkerShape = 'circle' | 'square' | 'triangle' | 'diamond';

/** How a lane looks wherever it appears: one letter, one colour, one line style, one marker. */
export interface LaneIdentity {
  readonly letter: string;
  /** CSS colour for lines and areas (Okabe–Ito hues). */
  readonly color: string;
  /** CSS colour for text: the same hue, at a contrast of at least 4.5 : 1. */
  readonly textColor: string;
  /** SVG dash pattern; undefined for a solid line. */
  readonly dash: string | undefined;
  readonly marker: MarkerShape;
}

const styles: readonly { dash: string | undefined; marker: MarkerShape }[] = [
  { dash: undefined, marker: 'circle' },
  { dash: '7 4', marker: 'square' },
  { dash: '2 4', marker: 'triangle' },
  { dash: '10 4 2 4', marker: 'diamond' },
];

/** The most lanes that can be told apart, and that an experiment may have. */
export const mostLanes = styles.length;

/** How lane number `lane` (0 for Lane A) looks. */
export function laneIdentity(lane: number): LaneIdentity {
  const letter = laneLetter(lane);
  const style = styles[lane % styles.length];
  const name = `--lane-${letter.toLowerCase()}`;
  return { letter, color: `var(${name})`, textColor: `var(${name}-text)`, ...style };
}

/** The custom properties that colour everything inside a lane's element. */
export function laneColors(lane: number): CSSProperties {
  const { color, textColor } = laneIdentity(lane);
  return { '--lane': color, '--lane-text': textColor } as CSSProperties;
}
