import type { PairedDifference, TableLine } from '../../engine/paperTable.ts';
import { differenceText, type Unit } from '../../engine/tableFormats.ts';
import { laneColors, laneIdentity } from '../lanes/laneIdentity.ts';
import { LaneMarker } from '../parts/LaneMarker.tsx';
import bar from './ExperimentsBar.module.css';
import type { ColumnGroup, ResultCell } from './resultColumns.ts';
import style from './ResultTable.module.css';

/** A paired difference: the number, and below it in words what it does not show. */
function Difference({ value, unit }: { readonly value: PairedDifference | null; readonly unit: Unit }) {
  const text = differenceText(value, unit).replace('-', '−');
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

function Cell({ cell, onDraw }: { readonly cell: ResultCell; readonly onDraw: () => void }) {
  switch (cell.kind) {
    case 'ours':
      return (
        <td className={style.number} onClick={onDraw}>
          <b>{cell.text}</b>
        </td>
      );
    case 'paper':
      return <td className={style.paper}>{cell.text}</td>;
    case 'difference':
      return <Difference value={cell.value} unit={cell.unit} />;
    default:
      return cell satisfies never;
  }
}

/** One row of the paper's table. */
export function ResultRow({
  line,
  columns,
  seedCount,
  share,
  chosen,
  locked,
  drawnAs,
  onChoose,
  onDraw,
}: {
  readonly line: TableLine;
  readonly columns: readonly ColumnGroup[];
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
  const { row, seeds } = line;
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
      {columns.flatMap((group) => group.columns.map(({ title, cell }) => <Cell key={`${group.title} ${title}`} cell={cell(line)} onDraw={onDraw} />))}
    </tr>
  );
}
