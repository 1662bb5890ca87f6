import { memo } from 'react';
import type { ReplayCounts, TaskReport } from '../../engine/events.ts';
import { percent } from '../numberFormat.ts';
import { replayShare, type TaskShare } from './replayShare.ts';
import style from './ReplayShareBars.module.css';

function spoken(shares: readonly TaskShare[]): string {
  const parts = shares.map((task) => {
    const classes = task.classes.map((one) => `class ${one.label} ${percent(one.picks, 0)}%`).join(', ');
    return `task ${task.number}: ${percent(task.picks, 0)}% of the picks (${classes}), ${percent(task.memory, 0)}% of the memory`;
  });
  return `Replayed so far: ${parts.join('; ')}.`;
}

/** Which share of all replayed images each class and task has, beside its share of the memory. */
export const ReplayShareBars = memo(function ReplayShareBars({
  counts,
  tasks,
}: {
  readonly counts: ReplayCounts;
  readonly tasks: readonly TaskReport[];
}) {
  const shares = replayShare(counts, tasks);
  const largest = Math.max(0.1, ...shares.flatMap((task) => task.classes.flatMap((one) => [one.picks, one.memory])));
  const height = (share: number) => ({ height: `${(100 * share) / largest}%` });
  return (
    <figure className={style.share}>
      <figcaption className={style.name}>
        Replayed
        <small>
          <i className={style.pickKey} /> picks
        </small>
        <small>
          <i className={style.memoryKey} /> memory
        </small>
      </figcaption>
      <div role="img" aria-label={spoken(shares)} className={style.tasks}>
        {shares.map((task) => (
          <div key={task.number} className={style.task}>
            <div className={style.bars}>
              {task.classes.map((one) => (
                <div key={one.label} className={style.pair}>
                  <i className={style.picks} style={height(one.picks)} />
                  <i className={style.memory} style={height(one.memory)} />
                </div>
              ))}
            </div>
            <div className={style.labels}>
              {task.classes.map((one) => (
                <span key={one.label}>{one.label}</span>
              ))}
            </div>
            <div className={style.taskName}>
              task {task.number} {task.picks > 0 && <b>{percent(task.picks, 0)}%</b>}
            </div>
          </div>
        ))}
      </div>
    </figure>
  );
});
