import { LaneMarker } from '../parts/LaneMarker.tsx';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { nats, percent } from '../numberFormat.ts';
import type { AxisUnit } from './curveMarks.ts';
import type { CurveRow } from './curveRows.ts';
import style from './Curves.module.css';

/** All lanes' values at one step, and what they were counted on. */
export function CurveTooltip({
  row,
  laneNames,
  unit,
}: {
  readonly row: CurveRow | undefined;
  readonly laneNames: readonly string[];
  readonly unit: AxisUnit;
}) {
  if (row === undefined) return null;
  const written = (value: number) => (unit === 'percent' ? percent(value / 100) : nats(value));
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
                {written(value)}
                {half !== null && ` ± ${written(half)}`}
                {unit === 'percent' ? '%' : ' nats'}
              </b>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
