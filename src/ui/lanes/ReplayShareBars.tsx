import { memo } from 'react';
import type { ReplayCounts, TaskReport } from '../../engine/events.ts';
import { percent } from '../numberFormat.ts';
import { shareGroups, spokenShares } from './shareGroups.ts';
import style from './ReplayShareBars.module.css';

/** Which share of all replayed images each class and task has, beside its share of the memory. */
export const ReplayShareBars = memo(function ReplayShareBars({
  counts,
  tasks,
  classNames,
  replays,
}: {
  readonly counts: ReplayCounts;
  readonly tasks: readonly TaskReport[];
  readonly classNames: readonly string[];
  /** Whether the method picks what it replays; if not, only its memory is shown. */
  readonly replays: boolean;
}) {
  const groups = shareGroups(counts, tasks, classNames);
  const largest = Math.max(0.1, ...groups.flatMap(({ bars }) => bars.flatMap(({ picks, memory }) => [picks, memory])));
  const height = (share: number) => ({ height: `${(100 * share) / largest}%` });
  return (
    <figure className={style.share}>
      <figcaption className={style.name}>
        {replays ? 'Replayed' : 'Kept'}
        {replays && (
          <small>
            <i className={style.pickKey} /> picks
          </small>
        )}
        <small>
          <i className={style.memoryKey} /> memory
        </small>
      </figcaption>
      <div role="img" aria-label={spokenShares(groups, replays)} className={style.groups}>
        {groups.map(({ title, whole, bars }) => (
          <div key={title} className={style.group} data-many={bars.length > 10}>
            <div className={style.bars}>
              {bars.map((bar) => (
                <div
                  key={bar.name}
                  className={style.pair}
                  title={`${bar.name}: ${replays ? `${percent(bar.picks)}% of the picks, ` : ''}${percent(bar.memory)}% of the memory`}
                >
                  {replays && <i className={style.picks} style={height(bar.picks)} />}
                  <i className={style.memory} style={height(bar.memory)} />
                </div>
              ))}
            </div>
            <div className={style.labels}>
              {bars.map((bar) => (
                <span key={bar.name}>{bar.label}</span>
              ))}
            </div>
            <div className={style.title}>
              {title} {replays && whole !== null && whole.picks > 0 && <b>{percent(whole.picks, 0)}%</b>}
            </div>
          </div>
        ))}
      </div>
    </figure>
  );
});
