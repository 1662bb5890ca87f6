import type { PairedDifference, TableLine } from '../../engine/paperTable.ts';
import { differenceText, figureText, intervalText } from '../../engine/tableFormats.ts';
import { laneColors, laneIdentity } from '../lanes/laneIdentity.ts';
import { LaneMarker } from '../parts/LaneMarker.tsx';
import bar from './ExperimentsBar.module.css';
import style from './ResultTable.module.css';

/** A paired difference: the number, and below it in words what it does not show. */
function Difference({ value }: { readonly value: PairedDifference | null }) {
  const text = differenceText(value).replace('-', '−');
  const [number, ...words] = text.split(' (');
  const clear = value?.verdict === 'higher' || value?.verdict === 'lower';
  return (
    <td className={style.number} data-clear={clear}>
      {number}
      {words.map((said) => (
        <small key={said}> {said.replace(')', '')}</small>
      ))}
    </td>
  );
}

/** One row of the paper's table. */
export function ResultRow({
  line,
  seedCount,
  share,
  chosen,
  locked,
  drawnAs,
  onChoose,
  onDraw,
}: {
  readonly line: TableLine;
  /** Seeds of the plan. */
  readonly seedCount: number;
  /** How much of the runs in flight is done, in runs. */
  readonly share: number;
  readonly chosen: boolean;
  readonly locked: boolean;
  /** As which curve it is drawn; null if it is not. */
  readonly drawnAs: number | null;
  readonly onChoose: (wanted: boolean) => void;
  readonly onDraw: () => void;
}) {
  const { row, seeds, accuracy, forgetting, difference } = line;
  const name = `${row.label}, ${row.group}`;
  const curve = drawnAs === null ? null : laneIdentity(drawnAs);
  return (
    <tr className={style.row} data-chosen={chosen} {...(drawnAs === null ? {} : { style: laneColors(drawnAs) })}>
      <th scope="row" className={style.method}>
        <input
          type="checkbox"
          checked={chosen}
          disabled={locked}
          aria-label={`Run ${name}`}
          onChange={(event) => onChoose(event.target.checked)}
        />
        <button type="button" aria-pressed={curve !== null} title={curve === null ? 'Draw its curve' : 'Remove its curve'} onClick={onDraw}>
          {row.label}
          {curve !== null && (
            <>
              <LaneMarker shape={curve.marker} color={curve.color} />
              <span className="hidden-text">, curve</span>
              {curve.letter}
            </>
          )}
        </button>
      </th>
      <td className={style.runs}>
        <span>
          {seeds.length} of {seedCount}
        </span>
        <progress className={bar.bar} max={seedCount} value={seeds.length + share} aria-label={`Runs of ${name}`} />
      </td>
      <td className={style.number} onClick={onDraw}>
        <b>{intervalText(accuracy)}</b>
      </td>
      <td className={style.paper}>{figureText(row.accuracy)}</td>
      <td className={style.number} onClick={onDraw}>
        <b>{intervalText(forgetting)}</b>
      </td>
      <td className={style.paper}>{figureText(row.forgetting)}</td>
      <Difference value={difference?.accuracy ?? null} />
      <Difference value={difference?.forgetting ?? null} />
    </tr>
  );
}
