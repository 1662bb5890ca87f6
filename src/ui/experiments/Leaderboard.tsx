import { ArrowDown, ArrowUp } from 'lucide-react';
import { useMemo } from 'react';
import type { Measure } from '../../core/metrics.ts';
import { methods } from '../../core/methods.ts';
import {
  type BoardEstimate,
  type BoardLine,
  boardLines,
  estimateOf,
  formatBoard,
  shownMeasures,
  sortedBy,
  sortedLines,
} from '../../state/sweepBoard.ts';
import { type BoardColumn, type OwnPlan, rowName, seedsOf } from '../../state/sweepPlan.ts';
import { say, sayOr } from '../../texts/say.ts';
import card from '../parts/Card.module.css';
import choice from '../parts/Choice.module.css';
import { useSweep, useSweepActions } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { methodSentence, scenarioName } from '../parts/words.ts';
import style from './Leaderboard.module.css';
import { activeShares, intervalWords } from './resultColumns.ts';
import { RunsCell, TableNotes, useMixtures } from './ResultTable.tsx';
import table from './ResultTable.module.css';
import { groupWords } from './sweepWords.ts';
import { TableExportMenu } from './TableExportMenu.tsx';

/** The finished runs of an own comparison, in the order of the plan. */
export function useBoardLines(plan: OwnPlan): readonly BoardLine[] {
  const runs = useSweep((state) => state.runs);
  return useMemo(() => boardLines(plan, (key) => runs.get(key)), [plan, runs]);
}

/** A measure's name with its unit: "Accuracy, %". */
export function unitHead(name: string, { unit }: Pick<Measure, 'unit'>): string {
  return `${name}, ${unit === '%' ? unit : say(`leaderboard.units.${unit}`)}`;
}

/** The head of a column that sorts the table when it is pressed. */
function SortHead({
  plan,
  column,
  title,
  children,
}: {
  readonly plan: OwnPlan;
  readonly column: BoardColumn;
  readonly title: string;
  readonly children?: React.ReactNode;
}) {
  const { setPlan } = useSweepActions();
  const { sort, descending } = plan.view;
  const sorted = sort === column;
  return (
    <th scope="col" aria-sort={sorted ? (descending ? 'descending' : 'ascending') : 'none'}>
      <button
        type="button"
        className={style.sort}
        onClick={() => setPlan({ ...plan, view: sortedBy(plan.view, column) })}
      >
        {title}
        {sorted && (descending ? <ArrowDown aria-hidden="true" /> : <ArrowUp aria-hidden="true" />)}
      </button>
      {children}
    </th>
  );
}

/** One measure of one row: its mean, and its difference from the reference. */
function Estimate({ estimate, measure }: { readonly estimate: BoardEstimate; readonly measure: Measure }) {
  const unit = measure.unit === 'nats' ? 'nats' : 'percent';
  const { value, difference } = estimate;
  const clear = difference?.verdict === 'higher' || difference?.verdict === 'lower';
  return (
    <td className={table.number}>
      <b>{intervalWords(value, unit)}</b>
      {difference !== null && (
        <small data-tone={clear ? (difference.verdict === measure.better ? 'good' : 'bad') : 'none'}>
          {difference.mean > 0 && '+'}
          {intervalWords(difference, unit)}
          {difference.verdict === 'no clear difference' && <span>{say('leaderboard.unclear')}</span>}
        </small>
      )}
    </td>
  );
}

/** Which method the others are compared with. */
function ReferenceChoice({ plan }: { readonly plan: OwnPlan }) {
  const { setPlan } = useSweepActions();
  return (
    <label className={choice.field}>
      {say('leaderboard.comparedWith')}
      <select
        className={`${choice.select} ${choice.small}`}
        value={plan.view.reference ?? ''}
        onChange={({ target }) => {
          const reference = plan.methods.find((method) => method === target.value) ?? null;
          setPlan({ ...plan, view: { ...plan.view, reference } });
        }}
      >
        {plan.methods.map((method) => (
          <option key={method} value={method}>
            {methods[method].label}
          </option>
        ))}
        <option value="">{say('leaderboard.none')}</option>
      </select>
    </label>
  );
}

/** An own comparison as one table: every measure with its interval and its paired difference from a reference. */
export function Leaderboard({ plan }: { readonly plan: OwnPlan }) {
  const lines = useBoardLines(plan);
  const shares = activeShares(
    plan,
    useSweep((state) => state.active),
  );
  const mixtures = useMixtures(plan);
  const sorted = sortedLines(lines, plan.view);
  const shown = shownMeasures(lines);
  const seedCount = seedsOf(plan.seeds).length;
  const { reference } = plan.view;
  const scenario = scenarioName(plan.scenario, lines.find(({ runs }) => runs.length > 0)?.runs[0].data);
  return (
    <section aria-label={say('leaderboard.title')} className={`${card.card} ${table.panel}`}>
      <header className={table.header}>
        <h2 className={card.heading}>
          {say('leaderboard.heading', { scenario })}{' '}
          <Explanation of={say('leaderboard.about')}>{say('leaderboard.explanation')}</Explanation>
        </h2>
        <ReferenceChoice plan={plan} />
        <span className={style.export}>
          <TableExportMenu
            plan={plan}
            content={(format) =>
              formatBoard(sorted, reference && { method: reference, label: methods[reference].label }, format, mixtures)
            }
          />
        </span>
        <TableNotes plan={plan} />
      </header>
      {lines.length === 0 ? (
        <p className={style.empty}>{say('leaderboard.empty')}</p>
      ) : (
        <div className={table.scroller} tabIndex={0} role="region" aria-label={say('leaderboard.scrolls')}>
          <table className={`${table.table} ${style.board}`}>
            <caption className="hidden-text">{say('leaderboard.caption', { scenario })}</caption>
            <thead>
              <tr>
                <SortHead plan={plan} column="method" title={say('leaderboard.method')} />
                <SortHead plan={plan} column="n" title={say('leaderboard.runs')} />
                {shown.map(({ key, label, short, unit, definition, better }) => (
                  <SortHead
                    key={key}
                    plan={plan}
                    column={key}
                    title={unitHead(sayOr(`measures.${key}.short`, short), { unit })}
                  >
                    <Explanation of={sayOr(`measures.${key}.label`, label)}>
                      <strong>{sayOr(`measures.${key}.label`, label)}.</strong>{' '}
                      {sayOr(`measures.${key}.definition`, definition)}{' '}
                      {say(better === 'higher' ? 'leaderboard.higher' : 'leaderboard.lower')}
                    </Explanation>
                  </SortHead>
                ))}
              </tr>
            </thead>
            <tbody>
              {sorted.map((line) => (
                <BoardRow
                  key={rowName(line.row)}
                  plan={plan}
                  line={line}
                  shown={shown}
                  seedCount={seedCount}
                  share={shares.get(rowName(line.row)) ?? 0}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

function BoardRow({
  plan,
  line,
  shown,
  seedCount,
  share,
}: {
  readonly plan: OwnPlan;
  readonly line: BoardLine;
  readonly shown: readonly Measure[];
  /** Seeds of the plan. */
  readonly seedCount: number;
  /** How much of the runs in flight is done, in runs. */
  readonly share: number;
}) {
  const { row, seeds } = line;
  const lane = plan.methods.indexOf(row.method);
  const { letter, marker, color } = laneIdentity(lane);
  const name = row.group === '' ? row.label : `${row.label}, ${groupWords(row.group)}`;
  return (
    <tr className={table.row} style={laneColors(lane)}>
      <th scope="row" className={`${table.method} ${style.method}`} title={methodSentence(row.method)}>
        <LaneMarker shape={marker} color={color} /> <span aria-hidden="true">{letter}</span> {name}
        {row.method === plan.view.reference && <small>{say('leaderboard.reference')}</small>}
      </th>
      <RunsCell name={name} done={seeds.length} share={share} all={seedCount} />
      {shown.map((measure) => (
        <Estimate key={measure.key} estimate={estimateOf(line, measure.key)} measure={measure} />
      ))}
    </tr>
  );
}
