import { useMemo } from 'react';
import type { PairedDifference, TableLine } from '../../core/paperTable.ts';
import type { Mixture } from '../../core/provenance.ts';
import { scenarios } from '../../core/scenarios.ts';
import { formatTable, type Unit } from '../../core/tableFormats.ts';
import { changesFromPaper, rowName, seedsOf, type SweepPlan, type TablePlan } from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import { list } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import card from '../parts/Card.module.css';
import { useSweep, useSweepActions } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { Said } from '../parts/Said.tsx';
import bar from './ExperimentsBar.module.css';
import { thingWord } from '../../state/keptFile.ts';
import {
  activeShares,
  type ColumnGroup,
  exportedLines,
  intervalWords,
  type ResultCell,
  resultColumns,
  shownLines,
  shownMixtures,
} from './resultColumns.ts';
import style from './ResultTable.module.css';
import { groupWords, rowWords, tableWord } from './sweepWords.ts';
import { TableExportMenu } from './TableExportMenu.tsx';

/** Lines of a table that stand together. */
interface RowGroup {
  readonly title: string;
  readonly lines: readonly TableLine[];
}

/** Fewer seeds than this give intervals that say little. */
const fewest = 5;

const withoutMemory = new Set(['fine-tune', 'iid-online', 'iid-offline']);

/** A table's lines in its own order, those of one group together; bounds apart from the memories that they do not have. */
export function rowGroups(lines: readonly TableLine[]): RowGroup[] {
  const starts = lines.flatMap((line, index) =>
    index === 0 || lines[index - 1].row.group !== line.row.group ? [index] : [],
  );
  return starts.map((start, position) => {
    const own = lines.slice(start, starts[position + 1]);
    const bounds = starts.length > 2 && own.every(({ row }) => withoutMemory.has(row.config.method));
    return { title: bounds ? say('experiments.results.withoutMemory') : groupWords(own[0].row.group), lines: own };
  });
}

/** The head of a group of rows, with one box for all of them. */
function GroupHead({
  title,
  columns,
  names,
  chosen,
  disabled,
  onChoose,
}: {
  readonly title: string;
  /** Of the whole table. */
  readonly columns: number;
  readonly names: readonly string[];
  readonly chosen: readonly string[];
  readonly disabled: boolean;
  readonly onChoose: (names: readonly string[], wanted: boolean) => void;
}) {
  const count = names.filter((name) => chosen.includes(name)).length;
  return (
    <tr className={style.group}>
      <th scope="rowgroup" colSpan={columns}>
        <label>
          <input
            type="checkbox"
            checked={count === names.length}
            ref={(box) => {
              if (box) box.indeterminate = count > 0 && count < names.length;
            }}
            disabled={disabled}
            aria-label={say('experiments.results.runAll', { name: title })}
            onChange={(event) => onChoose(names, event.target.checked)}
          />
          {title}
        </label>
      </th>
    </tr>
  );
}

/** A paired difference: the number, and below it in words what it does not show. */
function Difference({ value, unit }: { readonly value: PairedDifference | null; readonly unit: Unit }) {
  const clear = value?.verdict === 'higher' || value?.verdict === 'lower';
  return (
    <td className={style.number} data-clear={clear}>
      {value !== null && value.mean > 0 && '+'}
      {intervalWords(value, unit)}
      {value !== null && !clear && (
        <small>
          {' '}
          {say(
            value.verdict === 'no clear difference' ? 'experiments.results.unclear' : 'experiments.results.noInterval',
          )}
        </small>
      )}
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

/** How many of a row's runs are done. */
export function RunsCell({
  name,
  done,
  share,
  all,
}: {
  /** What the row is called. */
  readonly name: string;
  /** Runs that are finished. */
  readonly done: number;
  /** Of the runs that are under way, what is done, in runs. */
  readonly share: number;
  readonly all: number;
}) {
  return (
    <td className={style.runs}>
      <span>{say('leaderboard.done', { count: done, all })}</span>
      <progress className={bar.bar} max={all} value={done + share} aria-label={say('leaderboard.runsOf', { name })} />
    </td>
  );
}

/** One row of the paper's table. */
function ResultRow({
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
  const name = `${rowWords(row)}, ${groupWords(row.group)}`;
  const curve = drawnAs === null ? null : laneIdentity(drawnAs);
  return (
    <tr className={style.row} data-chosen={chosen} {...(drawnAs === null ? {} : { style: laneColors(drawnAs) })}>
      <th scope="row" className={style.method}>
        <input
          type="checkbox"
          checked={chosen}
          disabled={locked}
          aria-label={say('experiments.results.run', { name })}
          onChange={(event) => onChoose(event.target.checked)}
        />
        <button
          type="button"
          aria-pressed={curve !== null}
          title={say(curve === null ? 'experiments.results.draw' : 'experiments.results.undraw')}
          onClick={onDraw}
        >
          {rowWords(row)}
          {curve !== null && (
            <>
              <LaneMarker shape={curve.marker} color={curve.color} />
              <span className="hidden-text">{say('experiments.results.curve')}</span>
              {curve.letter}
            </>
          )}
        </button>
      </th>
      <RunsCell name={name} done={seeds.length} share={share} all={seedCount} />
      {columns.flatMap((group) =>
        group.columns.map(({ title, cell }) => (
          <Cell key={`${group.title} ${title}`} cell={cell(line)} onDraw={onDraw} />
        )),
      )}
    </tr>
  );
}

/** What a reader of a result must know of its seeds and settings. */
export function TableNotes({ plan }: { readonly plan: SweepPlan }) {
  const changes = changesFromPaper(plan);
  const mixtures = useMixtures(plan);
  const seeds = plan.seeds.last - plan.seeds.first + 1;
  return (
    <>
      {seeds < fewest && (
        <p className={style.note}>
          {seeds === 1 ? (
            <Said text="experiments.results.oneSeed" />
          ) : (
            <Said text="experiments.results.fewSeeds" values={{ count: seeds }} />
          )}
        </p>
      )}
      {changes.length > 0 && (
        <p className={style.note}>
          <strong>
            {say(
              plan.kind === 'own' ? 'experiments.results.changedFromPresets' : 'experiments.results.changedFromPaper',
            )}
          </strong>{' '}
          {changes.join('; ')}.
        </p>
      )}
      {mixtures.length > 0 && (
        <p className={style.note}>
          <strong>{say('experiments.results.mixed', { things: mixedWords(mixtures) })}</strong>
        </p>
      )}
    </>
  );
}

/** "version 0.1.0 and 0.2.0; backend cpu and wasm". */
function mixedWords(mixtures: readonly Mixture[]): string {
  return mixtures.map(({ what, values }) => `${thingWord(what)} ${list(values)}`).join('; ');
}

/** What the runs behind a plan's table mix. */
export function useMixtures(plan: SweepPlan): readonly Mixture[] {
  const runs = useSweep((state) => state.runs);
  return useMemo(() => shownMixtures({ plan, runs }), [plan, runs]);
}

/** A table of the paper: ours beside the paper's, each row with a choice to run it and to draw its curve. */
export function ResultTable({
  plan,
  drawn,
  onDraw,
}: {
  readonly plan: TablePlan;
  readonly drawn: readonly string[];
  readonly onDraw: (name: string) => void;
}) {
  const runs = useSweep((state) => state.runs);
  const active = useSweep((state) => state.active);
  const data = useSweep((state) => state.data);
  const locked = useSweep((state) => underWay(state.phase));
  const { setPlan } = useSweepActions();
  const groups = useMemo(() => rowGroups(shownLines({ plan, runs })), [plan, runs]);
  const mixtures = useMixtures(plan);
  const shares = activeShares(plan, active);
  const seedCount = seedsOf(plan.seeds).length;
  const name = tableWord(plan.table);
  const columns = resultColumns(plan.table);

  function choose(names: readonly string[], wanted: boolean): void {
    const others = plan.rows.filter((name) => !names.includes(name));
    setPlan({ ...plan, rows: wanted ? [...others, ...names] : others });
  }

  return (
    <section aria-label={name} className={`${card.card} ${style.panel}`}>
      <header className={style.header}>
        <h2 className={card.heading}>
          {name}{' '}
          <Explanation of={say('experiments.results.aboutPaper')}>
            {say('experiments.results.paperExplanation')}
          </Explanation>
        </h2>
        <TableNotes plan={plan} />
        <TableExportMenu
          plan={plan}
          content={(format) => formatTable(exportedLines({ plan, runs }), format, mixtures)}
        />
      </header>
      <div
        className={style.scroller}
        tabIndex={0}
        role="region"
        aria-label={say('experiments.results.scrolls', { name })}
      >
        <table className={style.table}>
          <caption className="hidden-text">{say(`experiments.titles.${plan.table}`)}</caption>
          <thead>
            <tr>
              <th scope="col" rowSpan={2} className={style.left}>
                {say('leaderboard.method')}
              </th>
              <th scope="col" rowSpan={2} className={style.left}>
                {say('leaderboard.runs')}
              </th>
              {columns.map(({ title, of, explanation, columns: { length } }) => (
                <th key={title} scope="colgroup" colSpan={length}>
                  {title} <Explanation of={of}>{explanation}</Explanation>
                </th>
              ))}
            </tr>
            <tr>
              {columns.flatMap((group) =>
                group.columns.map(({ title }) => (
                  <th key={`${group.title} ${title}`} scope="col">
                    {title}
                  </th>
                )),
              )}
            </tr>
          </thead>
          {groups.map(({ title, lines }) => (
            <tbody key={`${title} ${rowName(lines[0].row)}`}>
              <GroupHead
                title={title}
                columns={2 + columns.reduce((sum, group) => sum + group.columns.length, 0)}
                names={lines.map(({ row }) => rowName(row))}
                chosen={plan.rows}
                disabled={
                  locked || lines.every(({ row }) => data[scenarios[row.config.scenario].dataset] === 'missing')
                }
                onChoose={choose}
              />
              {lines.map((line) => {
                const row = rowName(line.row);
                return (
                  <ResultRow
                    key={row}
                    columns={columns}
                    line={line}
                    seedCount={seedCount}
                    share={shares.get(row) ?? 0}
                    chosen={plan.rows.includes(row)}
                    locked={locked || data[scenarios[line.row.config.scenario].dataset] === 'missing'}
                    drawnAs={drawn.includes(row) ? drawn.indexOf(row) : null}
                    onChoose={(wanted) => choose([row], wanted)}
                    onDraw={() => onDraw(row)}
                  />
                );
              })}
            </tbody>
          ))}
        </table>
      </div>
    </section>
  );
}
