import { useMemo } from 'react';
import { tableTitles } from '../../engine/presets.ts';
import { scenarios } from '../../engine/scenarios/scenarios.ts';
import { seedsOf } from '../../state/seedRange.ts';
import { changesFromPaper, rowName } from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import card from '../parts/Card.module.css';
import { Explanation } from '../parts/Explanation.tsx';
import { GroupHead } from './GroupHead.tsx';
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

  function choose(names: readonly string[], wanted: boolean): void {
    const others = plan.rows.filter((name) => !names.includes(name));
    setPlan({ ...plan, rows: wanted ? [...others, ...names] : others });
  }

  return (
    <section aria-label={`Table ${plan.table}`} className={`${card.card} ${style.panel}`}>
      <header className={style.header}>
        <h2 className={card.heading}>
          Table {plan.table}{' '}
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
      <div className={style.scroller} tabIndex={0} role="region" aria-label={`Table ${plan.table}, scrolls`}>
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
              <th scope="colgroup" colSpan={2}>
                Accuracy, %{' '}
                <Explanation of="accuracy">
                  Mean over all tasks after the last one, on the complete test set, and over n seeds, one a run. ± is half the
                  width of the 95% t-interval of that mean: it shrinks with more seeds, and one seed has none.
                </Explanation>
              </th>
              <th scope="colgroup" colSpan={2}>
                Forgetting, %{' '}
                <Explanation of="forgetting">
                  How far the accuracy on each earlier task has fallen from its best, on average. Lower is better. The i.i.d. rows
                  see no order of tasks, so they have none.
                </Explanation>
              </th>
              <th scope="colgroup" colSpan={2}>
                Difference to ER, points{' '}
                <Explanation of="the difference to ER">
                  Ours minus ER’s, seed by seed, and the mean of these: equal seeds see equal streams, so much of the chance cancels
                  out. “No clear difference” is said where the 95% interval includes zero.
                </Explanation>
              </th>
            </tr>
            <tr>
              <th scope="col">ours</th>
              <th scope="col">paper</th>
              <th scope="col">ours</th>
              <th scope="col">paper</th>
              <th scope="col">accuracy</th>
              <th scope="col">forgetting</th>
            </tr>
          </thead>
          {groups.map(({ title, lines }) => (
            <tbody key={`${title} ${rowName(lines[0].row)}`}>
              <GroupHead
                title={title}
                names={lines.map(({ row }) => rowName(row))}
                chosen={plan.rows}
                disabled={locked || lines.every(({ row }) => data[scenarios[row.config.scenario].dataset] === 'missing')}
                onChoose={choose}
              />
              {lines.map((line) => {
                const name = rowName(line.row);
                return (
                  <ResultRow
                    key={name}
                    line={line}
                    seedCount={seedCount}
                    share={shares.get(name) ?? 0}
                    chosen={plan.rows.includes(name)}
                    locked={locked || data[scenarios[line.row.config.scenario].dataset] === 'missing'}
                    drawnAs={drawn.includes(name) ? drawn.indexOf(name) : null}
                    onChoose={(wanted) => choose([name], wanted)}
                    onDraw={() => onDraw(name)}
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
