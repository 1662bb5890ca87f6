import { useMemo } from 'react';
import { tableName, tableTitles } from '../../engine/paperRow.ts';
import { scenarios } from '../../engine/scenarios/scenarios.ts';
import { seedsOf } from '../../state/seedRange.ts';
import { changesFromPaper, rowName } from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import card from '../parts/Card.module.css';
import { Explanation } from '../parts/Explanation.tsx';
import { GroupHead } from './GroupHead.tsx';
import { resultColumns } from './resultColumns.ts';
import { ResultRow } from './ResultRow.tsx';
import { rowGroups } from './rowGroups.ts';
import { activeShares, shownLines } from './shownLines.ts';
import { useSweep, useSweepActions } from './SweepContext.ts';
import { TableExportMenu } from './TableExportMenu.tsx';
import style from './ResultTable.module.css';

/** A table of the paper: ours beside the paper's, each row with a choice to run it and to draw its curve. */
export function ResultTable({ drawn, onDraw }: { readonly drawn: readonly string[]; readonly onDraw: (name: string) => void }) {
  const plan = useSweep((state) => state.plan);
  const runs = useSweep((state) => state.runs);
  const active = useSweep((state) => state.active);
  const data = useSweep((state) => state.data);
  const locked = useSweep((state) => underWay(state.phase));
  const { setPlan } = useSweepActions();
  const groups = useMemo(() => rowGroups(shownLines({ plan, runs })), [plan, runs]);
  const shares = activeShares({ plan, active });
  const seedCount = seedsOf(plan.seeds).length;
  const changes = changesFromPaper(plan);
  const name = tableName(plan.table);
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
          <Explanation of="the paper's numbers">
            “Paper” is Aljundi and others, NeurIPS 2019; ± there is as they print it. Ours may differ: seeds, initial weights, the
            order of images and rounding differ, and few seeds leave wide intervals. Others who repeated the paper found the gap
            between ER and ER-MIR to vary, too.
          </Explanation>
        </h2>
        {changes.length > 0 && (
          <p className={style.note}>
            <strong>Changed from the paper:</strong> {changes.join('; ')}.
          </p>
        )}
        <TableExportMenu />
      </header>
      <div className={style.scroller} tabIndex={0} role="region" aria-label={`${name}, scrolls`}>
        <table className={style.table}>
          <caption className="hidden-text">{tableTitles[plan.table]}</caption>
          <thead>
            <tr>
              <th scope="col" rowSpan={2} className={style.left}>
                Method
              </th>
              <th scope="col" rowSpan={2} className={style.left}>
                Runs
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
                disabled={locked || lines.every(({ row }) => data[scenarios[row.config.scenario].dataset] === 'missing')}
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
