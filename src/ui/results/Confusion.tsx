import { memo, useMemo, useState } from 'react';
import type { EvaluationEvent, TaskReport } from '../../core/events.ts';
import { methods as catalogue } from '../../core/methods.ts';
import { say } from '../../texts/say.ts';
import choice from '../parts/Choice.module.css';
import { useLab, useLabItems } from '../parts/contexts.ts';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { className, shortClassName, wholeShare } from '../parts/words.ts';
import style from './Confusion.module.css';

/** What the rows and columns of a confusion are: classes, or tasks where the classes are too many to be told apart. */
interface ConfusionGroups {
  readonly names: readonly string[];
  /** The group of each class. */
  readonly groupOf: readonly number[];
  readonly byTask: boolean;
}

/** More classes than this are counted by task. */
const mostClasses = 20;

function confusionGroups(tasks: readonly TaskReport[], classNames: readonly string[]): ConfusionGroups {
  if (classNames.length <= mostClasses) {
    return {
      names: classNames.map((_, label) => className(label, classNames)),
      groupOf: classNames.map((_, label) => label),
      byTask: false,
    };
  }
  return {
    names: tasks.map(({ number }) => String(number)),
    groupOf: classNames.map((_, label) => tasks.findIndex(({ classes }) => classes.includes(label))),
    byTask: true,
  };
}

/**
 * The counts of a confusion, group by group: a row for each true group, a column for each answered one; null without
 * counts.
 *
 * @param counts row by row, [classes × classes]
 */
function grouped(
  counts: Uint32Array | undefined,
  classes: number,
  { names, groupOf }: ConfusionGroups,
): number[][] | null {
  if (counts === undefined) return null;
  const rows = names.map(() => names.map(() => 0));
  for (let label = 0; label < classes; label++) {
    for (let answer = 0; answer < classes; answer++) {
      const [row, column] = [groupOf[label], groupOf[answer]];
      if (row >= 0 && column >= 0) rows[row][column] += counts[label * classes + answer];
    }
  }
  return rows;
}

/** One lane's answers: a row for each true class, a column for each answer, darker where more were answered so. */
const ConfusionMap = memo(function ConfusionMap({
  lane,
  label,
  confusion,
  classes,
  groups,
}: {
  readonly lane: number;
  readonly label: string;
  /** Row by row, [classes × classes]; undefined where nothing was kept. */
  readonly confusion: Uint32Array | undefined;
  readonly classes: number;
  readonly groups: ConfusionGroups;
}) {
  const counts = useMemo(() => grouped(confusion, classes, groups), [confusion, classes, groups]);
  const { names } = groups;
  const { letter, marker, color } = laneIdentity(lane);
  return (
    <div className={style.map} style={laneColors(lane)}>
      <p className={style.lane}>
        <LaneMarker shape={marker} color={color} /> {letter}
        <span className={style.method}> {label}</span>
      </p>
      <table className={style.table} aria-label={say('results.confusionOfLane', { letter })}>
        <thead>
          <tr>
            <td />
            {names.map((name) => (
              <th key={name} scope="col">
                <span className={style.head}>{shortClassName(name)}</span>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {names.map((name, row) => {
            const answers = counts?.[row] ?? [];
            const asked = answers.reduce((sum, count) => sum + count, 0);
            return (
              <tr key={name}>
                <th scope="row">{shortClassName(name)}</th>
                {names.map((answer, column) => {
                  const count = answers[column] ?? 0;
                  const share = asked === 0 ? 0 : count / asked;
                  return (
                    <td
                      key={answer}
                      data-asked={asked > 0}
                      data-right={row === column}
                      title={
                        asked === 0
                          ? say('results.notAskedYet', { name })
                          : say('results.takenFor', { count, asked, name, answer })
                      }
                      style={{ '--share': `${Math.round(100 * share)}%` } as React.CSSProperties}
                    >
                      <span className="hidden-text">{asked === 0 ? '–' : wholeShare(share)}</span>
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
});

function evaluationAt(evaluations: readonly EvaluationEvent[], task: number | null): EvaluationEvent | undefined {
  const kept = evaluations.filter(({ confusion }) => confusion !== undefined);
  return task === null ? kept.at(-1) : kept.findLast((evaluation) => evaluation.taskEnd && evaluation.task === task);
}

/** Who is taken for whom, lane by lane: now, or at the end of a task. */
export function Confusion({
  tasks,
  classNames,
}: {
  readonly tasks: readonly TaskReport[];
  readonly classNames: readonly string[];
}) {
  const methods = useLabItems(({ shown }) => shown?.lanes.map(({ method }) => method) ?? []);
  const evaluations = useLabItems(({ shown }) => shown?.lanes.map((lane) => lane.evaluations) ?? []);
  const imported = useLab(({ phase }) => phase.kind === 'imported');
  const [task, setTask] = useState<number | null>(null);
  const ended = tasks.filter(({ number }) => evaluations.some((all) => evaluationAt(all, number) !== undefined));
  const chosen = task !== null && ended.some(({ number }) => number === task) ? task : null;
  const groups = useMemo(() => confusionGroups(tasks, classNames), [tasks, classNames]);
  const found = evaluations.map((all) => evaluationAt(all, chosen));
  if (imported && found.every((evaluation) => evaluation === undefined)) {
    return <p className={style.none}>{say('results.noAnswersInFile')}</p>;
  }
  return (
    <div className={style.confusion}>
      <p className={style.when}>
        <span>{groups.byTask ? say('results.trueTaskAnswered') : say('results.trueAnswer')}</span>
        <select
          aria-label={say('results.when')}
          className={`${choice.select} ${choice.small}`}
          value={chosen ?? ''}
          onChange={({ target }) => setTask(target.value === '' ? null : Number(target.value))}
        >
          <option value="">{say('results.now')}</option>
          {ended.map(({ number }) => (
            <option key={number} value={number}>
              {say('results.endOfTask', { number })}
            </option>
          ))}
        </select>
      </p>
      <div className={style.maps} data-lanes={methods.length}>
        {methods.map((method, lane) => (
          <ConfusionMap
            key={lane}
            lane={lane}
            label={catalogue[method].label}
            confusion={found[lane]?.confusion}
            classes={classNames.length}
            groups={groups}
          />
        ))}
      </div>
    </div>
  );
}
