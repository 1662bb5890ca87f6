import { memo } from 'react';
import type { ReplayCounts, TaskReport } from '../../core/events.ts';
import { percentage } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { useMemoryChoice } from '../parts/MemoryThumb.tsx';
import { className, shortClassName } from '../parts/words.ts';
import style from './ReplayShareBars.module.css';

/** Shares of one class or task, as fractions of all picks so far and of the memory now. */
interface Share {
  readonly picks: number;
  readonly memory: number;
}

interface ShareBar extends Share {
  /** For the eye, under the bar. */
  readonly label: string;
  /** In full: "class cat" or "task 3". */
  readonly name: string;
}

/** Bars that belong together. */
interface ShareGroup {
  readonly title: string;
  /** What the group has in all; null where its bars are everything. */
  readonly whole: Share | null;
  readonly bars: readonly ShareBar[];
}

/** More classes than this cannot be told apart as bars. */
const mostClasses = 20;

function fractions(counts: readonly number[]): number[] {
  const total = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (total === 0 ? 0 : count / total));
}

/**
 * Which share of all picks so far, and of the memory now, each task and class has: the classes of each task side
 * by side where tasks have classes of their own; tasks, then classes, where they share them; tasks alone where
 * there are too many classes.
 */
export function shareGroups(
  counts: ReplayCounts,
  tasks: readonly TaskReport[],
  classNames: readonly string[],
): ShareGroup[] {
  const classPicks = fractions(counts.replayedByClass);
  const classMemory = fractions(counts.storedByClass);
  const taskPicks = fractions(counts.replayedByTask);
  const taskMemory = fractions(counts.storedByTask);
  const ofTask = (index: number): Share => ({ picks: taskPicks[index] ?? 0, memory: taskMemory[index] ?? 0 });
  const classBars = (labels: readonly number[]) =>
    labels.map((label): ShareBar => {
      const name = className(label, classNames);
      return {
        label: shortClassName(name),
        name: say('lanes.ofClass', { name }),
        picks: classPicks[label] ?? 0,
        memory: classMemory[label] ?? 0,
      };
    });
  const classes = tasks.flatMap((task) => task.classes);
  const distinct = [...new Set(classes)].sort((one, other) => one - other);
  const shared = distinct.length < classes.length;

  if (!shared && distinct.length <= mostClasses) {
    return tasks.map((task, index) => ({
      title: say('lanes.task', { number: task.number }),
      whole: ofTask(index),
      bars: classBars(task.classes),
    }));
  }
  const byTask: ShareGroup = {
    title: say('lanes.byTask'),
    whole: null,
    bars: tasks.map(({ number }, index) => ({
      label: String(number),
      name: say('lanes.task', { number }),
      ...ofTask(index),
    })),
  };
  if (distinct.length > mostClasses) return [byTask];
  return [byTask, { title: say('lanes.byClass'), whole: null, bars: classBars(distinct) }];
}

const shareWords = ({ picks, memory }: Share, replays: boolean, digits: number) =>
  replays
    ? say('lanes.picksAndMemory', { picks: percentage(picks, digits), memory: percentage(memory, digits) })
    : say('lanes.ofTheMemory', { memory: percentage(memory, digits) });

/** Everything that the bars show, as one sentence. */
export function spokenShares(groups: readonly ShareGroup[], replays: boolean): string {
  const share = (of: Share) => shareWords(of, replays, 0);
  const parts = groups.map(({ title, whole, bars }) => {
    const each = bars.map((bar) => `${bar.name} ${share(bar)}`).join('; ');
    return whole === null ? `${title}: ${each}` : `${title}: ${share(whole)} (${each})`;
  });
  return `${replays ? say('lanes.replayedSoFar') : say('lanes.inTheMemory')}: ${parts.join('. ')}.`;
}

/** The bar that a chosen memory counts in: its class's, or its task's where classes have no bars; null if it has none. */
function shareOf(
  { label, task }: { readonly label: number; readonly task: number | null },
  groups: readonly ShareGroup[],
  classNames: readonly string[],
): string | null {
  const bars = groups.flatMap((group) => group.bars);
  const names = [
    say('lanes.ofClass', { name: className(label, classNames) }),
    ...(task === null ? [] : [say('lanes.task', { number: task })]),
  ];
  return names.find((name) => bars.some((bar) => bar.name === name)) ?? null;
}

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
  const lit = useMemoryChoice(({ chosen }) => chosen && shareOf(chosen.facts, groups, classNames));
  const largest = Math.max(0.1, ...groups.flatMap(({ bars }) => bars.flatMap(({ picks, memory }) => [picks, memory])));
  const height = (share: number) => ({ height: `${(100 * share) / largest}%` });
  return (
    <figure className={style.share}>
      <figcaption className={style.name}>
        {replays ? (
          <small>
            <i className={style.pickKey} /> {say('lanes.replayed')}
          </small>
        ) : (
          say('lanes.kept')
        )}
        <small>
          <i className={style.memoryKey} /> {say('lanes.memory')}
        </small>
      </figcaption>
      <div role="img" aria-label={spokenShares(groups, replays)} className={style.groups}>
        {groups.map(({ title, whole, bars }, index) => (
          <div key={title} className={style.group} data-many={bars.length > 10}>
            <div className={style.bars}>
              {bars.map((bar) => (
                <div
                  key={bar.name}
                  className={style.pair}
                  data-lit={lit === bar.name}
                  title={`${bar.name}: ${shareWords(bar, replays, 1)}`}
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
              {whole === null ? title : say('lanes.taskTitle', { number: index + 1 })}{' '}
              {replays && whole !== null && whole.picks > 0 && <b>{percentage(whole.picks, 0)}</b>}
            </div>
          </div>
        ))}
      </div>
    </figure>
  );
});
