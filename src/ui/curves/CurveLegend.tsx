import { memo } from 'react';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { markerPath } from '../lanes/markerPath.ts';
import style from './Curves.module.css';

/** Which line is which lane, and what a marker on a line means. */
export const CurveLegend = memo(function CurveLegend({ laneNames }: { readonly laneNames: readonly string[] }) {
  // Beyond two there is room for the letters only; the table below has the names.
  const short = laneNames.length > 2;
  return (
    <ul className={style.legend}>
      {laneNames.map((name, lane) => {
        const { color, dash } = laneIdentity(lane);
        return (
          <li key={lane} title={name}>
            <svg viewBox="0 0 28 12" width="1.75em" height="0.75em" aria-hidden="true">
              <line x1="0" x2="28" y1="6" y2="6" stroke={color} strokeWidth="2.5" strokeDasharray={dash} />
            </svg>
            {short ? laneIdentity(lane).letter : name}
          </li>
        );
      })}
      <li className={style.setKey}>
        <svg viewBox="0 0 12 12" width="0.75em" height="0.75em" aria-hidden="true">
          <path d={markerPath('circle', 6, 6, 10)} fill="currentColor" />
        </svg>
        complete test set
      </li>
    </ul>
  );
});
