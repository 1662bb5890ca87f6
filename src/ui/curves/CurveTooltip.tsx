import { LaneMarker } from '../parts/LaneMarker.tsx';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { percent } from '../numberFormat.ts';
import type { CurveRow } from './curveRows.ts';
import style from './Curves.module.css';

/** All lanes' values at one step, and what they were counted on. */
export function CurveTooltip({ row, laneNames }: { readonly row: CurveRow | undefined; readonly laneNames: readonly string[] }) {
  if (row === undefined) return null;
  const complete = row.complete.includes(true);
  return (
    <div className={style.tooltip}>
      <p>
        Step {row.step} · {complete ? 'complete test set' : 'test subset'}
      </p>
      <ul>
        {laneNames.map((name, lane) => {
          const { marker, color } = laneIdentity(lane);
          const value = row.values[lane];
          const half = row.halfWidths?.[lane] ?? null;
          return value === null ? null : (
            <li key={lane}>
              <LaneMarker shape={marker} color={color} />
              {name}
              <b>
                {percent(value / 100)}
                {half !== null && ` ± ${percent(half / 100)}`}%
              </b>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
