import type { CSSProperties } from 'react';
import { laneLetter } from '../../core/csv.ts';

/** The shape that marks a lane's points, so that colour is never the only difference. */
type MarkerShape = 'circle' | 'square' | 'triangle' | 'diamond' | 'wedge' | 'cross' | 'star' | 'saltire';

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
  { dash: '14 4', marker: 'wedge' },
  { dash: '4 2', marker: 'cross' },
  { dash: '10 3 2 3 2 3', marker: 'star' },
  { dash: '1 3', marker: 'saltire' },
];

/** The most lanes that an experiment may have. */
export const mostLanes = 4;

/**
 * How lane number `lane` (0 for Lane A) looks. Eight have a colour each; further ones, as a comparison of many methods
 * has them, have the colours again with other markers and line styles: 64 can be told apart.
 */
export function laneIdentity(lane: number): LaneIdentity {
  const place = lane % styles.length;
  const style = styles[(place + Math.floor(lane / styles.length)) % styles.length];
  const name = `--lane-${laneLetter(place).toLowerCase()}`;
  return { letter: laneLetter(lane), color: `var(${name})`, textColor: `var(${name}-text)`, ...style };
}

/** The custom properties that colour everything inside a lane's element. */
export function laneColors(lane: number): CSSProperties {
  const { color, textColor } = laneIdentity(lane);
  return { '--lane': color, '--lane-text': textColor } as CSSProperties;
}

/** Points around (x, y), from the top on, each at its own distance. */
function ring(x: number, y: number, count: number, radius: (index: number) => number): string {
  const points = Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * index) / count - Math.PI / 2;
    return `${x + radius(index) * Math.cos(angle)},${y + radius(index) * Math.sin(angle)}`;
  });
  return `M${points.join('L')}`;
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
    case 'wedge':
      return `M${x},${y + r * 1.1}L${x + r * 1.1},${y - r * 0.85}H${x - r * 1.1}Z`;
    case 'cross': {
      const arm = r * 0.38;
      return `M${x - arm},${y - r}h${2 * arm}v${r - arm}h${r - arm}v${2 * arm}h${arm - r}v${r - arm}h${-2 * arm}v${arm - r}h${arm - r}v${-2 * arm}h${r - arm}Z`;
    }
    case 'star':
      return `${ring(x, y, 10, (index) => r * (index % 2 === 0 ? 1.2 : 0.5))}Z`;
    case 'saltire':
      return `${ring(x, y, 8, (index) => r * (index % 2 === 0 ? 0.35 : 1.25))}Z`;
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
