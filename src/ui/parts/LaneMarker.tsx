import type { MarkerShape } from '../lanes/laneIdentity.ts';
import { markerPath } from '../lanes/markerPath.ts';

/** A lane's marker as a small picture beside its name. */
export function LaneMarker({ shape, color }: { readonly shape: MarkerShape; readonly color: string }) {
  return (
    <svg viewBox="0 0 16 16" width="0.85em" height="0.85em" aria-hidden="true" style={{ flex: 'none' }}>
      <path d={markerPath(shape, 8, 8, 12)} fill={color} />
    </svg>
  );
}
