import { memo, useId } from 'react';
import type { SampleReport } from '../../engine/events.ts';
import { signedScore } from '../numberFormat.ts';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import style from './PickList.module.css';

/** One image as listed: a sample, with its score if it was a candidate. */
export interface Pick {
  readonly sample: SampleReport;
  readonly score: number | null;
}

/** "Digit 3" of MNIST, "Cat" of CIFAR-10; names that are no words stay as they are. */
function spokenClass(name: string): string {
  if (/^\d+$/.test(name)) return `Digit ${name}`;
  return /^[a-z ]+$/.test(name) ? name[0].toUpperCase() + name.slice(1) : name;
}

/** "Digit 3, task 2, score +2.41". */
export function spokenPick({ sample, score }: Pick, classNames: readonly string[]): string {
  const label = `${spokenClass(classNames[sample.label] ?? String(sample.label))}, task ${sample.task}`;
  return score === null ? label : `${label}, score ${signedScore(score)}`;
}

/** A row of images with score and task under each: the incoming batch, or what a retrieval picked. */
export const PickList = memo(function PickList({
  name,
  note,
  picks,
  pixels,
  shape,
  classNames,
  used,
  slim,
  spare = false,
  places,
  shortTasks,
}: {
  /** Two words; a slim row shows the first to the eye. */
  readonly name: string;
  /** A word or two under the name, for the eye. */
  readonly note: string | null;
  readonly picks: readonly Pick[];
  /** The images of `picks`, in the same order. */
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
  readonly classNames: readonly string[];
  /** Whether the learner trained on these. */
  readonly used: boolean;
  /** Images only: no scores and tasks under them. */
  readonly slim: boolean;
  /** Whether it may be hidden from view where there is little room. */
  readonly spare?: boolean;
  /** How many empty places to show while there is nothing. */
  readonly places: number;
  /** Whether the tasks' numbers have two digits, so that there is no room for the word. */
  readonly shortTasks: boolean;
}) {
  const id = useId();
  const [firstWord, rest] = name.split(' ');
  return (
    <div className={style.row} data-used={used} data-slim={slim} data-spare={spare}>
      <p className={style.name}>
        <span id={id}>
          {firstWord} <span className={slim ? 'hidden-text' : undefined}>{rest}</span>
        </span>
        {note !== null && !(slim && !used) && <small>{note}</small>}
      </p>
      <ul className={style.list} aria-labelledby={id}>
        {picks.map((pick, index) => {
          const text = spokenPick(pick, classNames);
          return (
            <li key={index} className={style.item} aria-label={text} title={text}>
              <span className="hidden-text">{text}</span>
              <Thumbnail pixels={pixels} index={index} shape={shape} className={style.image} />
              {!slim && pick.score !== null && (
                <span className={style.caption} aria-hidden="true">
                  <b>{signedScore(pick.score).replace('+', '')}</b>
                  <span>
                    {shortTasks ? 't' : 'task'} {pick.sample.task}
                  </span>
                </span>
              )}
            </li>
          );
        })}
      </ul>
      {picks.length === 0 && (
        <div className={style.list} aria-hidden="true">
          {Array.from({ length: places }, (_, index) => (
            <span key={index} className={style.item}>
              <span className={style.place} />
            </span>
          ))}
        </div>
      )}
    </div>
  );
});
