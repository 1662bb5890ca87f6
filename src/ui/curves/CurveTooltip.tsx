import { LaneMarker } from '../parts/LaneMarker.tsx';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { nats, percent } from '../numberFormat.ts';
import type { AxisUnit } from './curveMarks.ts';
import style from './Curves.module.css';

/** All lanes' values at one place of a chart. */
export function CurveTooltip({
  heading,
  values,
  halfWidths,
  laneNames,
  unit,
}: {
  /** Which place it is, and what the values were counted on. */
  readonly heading: string;
  /** Percent or nats, by lane; null where a lane has none. */
  readonly values: readonly (number | null)[];
  /** Half-widths of 95% intervals, by lane, where values are means over seeds. */
  readonly halfWidths?: readonly (number | null)[] | undefined;
  readonly laneNames: readonly string[];
  readonly unit: AxisUnit;
}) {
  const written = (value: number) => (unit === 'percent' ? percent(value / 100) : nats(value));
  return (
    <div className={style.tooltip}>
      <p>{heading}</p>
      <ul>
        {laneNames.map((name, lane) => {
          const { marker, color } = laneIdentity(lane);
          const value = values[lane];
          const half = halfWidths?.[lane] ?? null;
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
