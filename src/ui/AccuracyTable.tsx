import { laneColors, laneIdentity } from './lanes/laneIdentity.ts';
import { useLab, useLabItems } from './LabContext.ts';
import { percent } from './numberFormat.ts';
import card from './parts/Card.module.css';
import { Explanation } from './parts/Explanation.tsx';
import { LaneMarker } from './parts/LaneMarker.tsx';
import { methodWords } from './words.ts';
import style from './AccuracyTable.module.css';

/** How much of each task each lane still gets right, at its latest evaluation. */
export function AccuracyTable() {
  const tasks = useLab(({ shown }) => shown?.tasks) ?? [];
  const classNames = useLab(({ shown }) => shown?.classNames) ?? [];
  const methods = useLabItems(({ shown }) => shown?.lanes.map((lane) => lane.method) ?? []);
  const latest = useLabItems(({ shown }) => shown?.lanes.map((lane) => lane.evaluations.at(-1) ?? null) ?? []);
  const set = latest.find((evaluation) => evaluation !== null)?.set;
  return (
    <section aria-label="Accuracy by task" className={card.card}>
      <header className={style.header}>
        <h2 className={card.heading}>
          Accuracy by task, %{' '}
          <Explanation of="accuracy by task">
            Each lane’s latest test, task by task: the share of the digits in the column’s head that it names right. Fading
            from left to right is forgetting.
          </Explanation>
        </h2>
        {set !== undefined && <p className={style.set}>{set === 'complete' ? 'complete test set' : 'test subset'}</p>}
      </header>
      <table className={style.table}>
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden-text">Lane</span>
            </th>
            {tasks.map((task) => (
              <th key={task.number} scope="col">
                <span className="hidden-text">Task {task.number}, classes </span>
                {task.classes.map((label) => classNames[label] ?? label).join(' · ')}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {methods.map((method, lane) => {
            const { letter, marker, color } = laneIdentity(lane);
            return (
              <tr key={lane} style={laneColors(lane)}>
                <th scope="row">
                  <span className={style.lane}>
                    <LaneMarker shape={marker} color={color} />
                    {letter} · {methodWords[method]}
                  </span>
                </th>
                {tasks.map((task, index) => {
                  const accuracy = latest[lane]?.accuracyByTask[index] ?? null;
                  return (
                    <td
                      key={task.number}
                      className={style.cell}
                      style={{ '--tint': `${Math.round(45 * (accuracy ?? 0))}%` } as React.CSSProperties}
                    >
                      {percent(accuracy, 0)}
                    </td>
                  );
                })}
              </tr>
            );
          })}
        </tbody>
      </table>
    </section>
  );
}
