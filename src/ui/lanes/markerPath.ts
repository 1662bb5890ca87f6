import type { MarkerShape } from './laneIdentity.ts';

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
