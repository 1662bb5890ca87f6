import type { CSSProperties } from 'react';
import { laneLetter } from '../../core/curvesCsv.ts';

/** The shape that marks a lane's points, so that colour is never the only difference. */
type MarkerShape = 'circle' | 'square' | 'triangle' | 'diamond';

/** How a lane looks wherever it appears: one letter, one colour, one line style, one marker. */
interface LaneIdentity {
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

/** The outline of a marker around (x, y) as an SVG path; `size` is about its width. */
export function markerPath(shape: MarkerShape, x: number, y: number, size: number): string {
  const r = size / 2;
  switch (shape) {
    case 'circle':
      return `M${x - r},${y}a${r},${r} 0 1,0 ${size},0a${r},${r} 0 1,0 ${-size},0Z`;
    case 'square': {
      const half = r * 0.88;
      return `M${x - half},${y - half}h${2 * half}v${2 * half}h${-2 * half}Z`;
    }
    case 'triangle':
      return `M${x},${y - r * 1.1}L${x + r * 1.1},${y + r * 0.85}H${x - r * 1.1}Z`;
    case 'diamond':
      return `M${x},${y - r * 1.2}L${x + r * 1.2},${y}L${x},${y + r * 1.2}L${x - r * 1.2},${y}Z`;
    default:
      return shape satisfies never;
  }
}

/** A lane's marker as a small picture beside its name. */
export function LaneMarker({ shape, color }: { readonly shape: MarkerShape; readonly color: string }) {
  return (
    <svg viewBox="0 0 16 16" width="0.85em" height="0.85em" aria-hidden="true" style={{ flex: 'none' }}>
      <path d={markerPath(shape, 8, 8, 12)} fill={color} />
    </svg>
  );
}
