import { useId } from 'react';
import { methods } from '../../core/methods.ts';
import type { Question, Verdict } from '../../state/lesson/lesson.ts';
import { list, percentage } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { useLab, useLabItems, useLessonActions } from '../parts/contexts.ts';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { classList } from '../parts/words.ts';
import style from './Lesson.module.css';
import type { ShownRun } from '../../state/labState.ts';

/** Percentage points from one place of the slider to the next. */
const grain = 5;

interface Answerable {
  /** What was answered so far; null before anything was. */
  readonly guess: number | null;
}

function AccuracySlider({
  question,
  guess,
}: Answerable & { readonly question: Extract<Question, { kind: 'accuracy' }> }) {
  const { guess: answer } = useLessonActions();
  const name = useLab(({ config }) => methods[config.lanes[question.lane] ?? config.lanes[0]].label);
  const classes = useLab(({ shown }) =>
    classList(shown?.tasks[question.task - 1]?.classes ?? [], shown?.classNames ?? []),
  );
  const words = guess === null ? say('lesson.notSaid') : percentage(guess, 0);
  return (
    <p className={style.slider}>
      <input
        type="range"
        data-answer=""
        aria-label={say('lesson.prediction', { name, classes })}
        min={0}
        max={100}
        step={grain}
        value={guess === null ? 50 : Math.round(100 * guess)}
        aria-valuetext={words}
        onChange={({ target }) => answer(target.valueAsNumber / 100)}
        // A press where it stands already says that value, too.
        onPointerUp={({ currentTarget }) => answer(currentTarget.valueAsNumber / 100)}
      />
      <span aria-hidden="true" className={style.said}>
        {words}
      </span>
    </p>
  );
}

function LaneChoice({ guess }: Answerable) {
  const { guess: answer } = useLessonActions();
  const lanes = useLabItems(({ config }) => config.lanes);
  const name = useId();
  return (
    <div className={style.choices}>
      {lanes.map((method, lane) => {
        const { marker, color } = laneIdentity(lane);
        return (
          <label key={lane} className={style.choice} style={laneColors(lane)}>
            <input
              type="radio"
              name={name}
              data-answer={lane === (guess ?? 0) ? '' : undefined}
              checked={guess === lane}
              onChange={() => answer(lane)}
            />
            <LaneMarker shape={marker} color={color} /> {methods[method].label}
          </label>
        );
      })}
    </div>
  );
}

/** What the viewer is asked to foresee. */
export function LessonQuestion({ question, guess }: Answerable & { readonly question: Question }) {
  return (
    <fieldset className={style.question}>
      <legend>{question.words}</legend>
      {question.kind === 'accuracy' ? (
        <AccuracySlider question={question} guess={guess} />
      ) : (
        <LaneChoice guess={guess} />
      )}
    </fieldset>
  );
}

/** A fraction as the lanes and the table have it, with one decimal: "99.9%", but "0%" only of none. */
export function shareWords(fraction: number): string {
  return percentage(fraction, fraction === 0 || fraction === 1 ? 0 : 1);
}

/** Percentage points up to which a prediction was right. */
const closeEnough = 5;

function laneName({ lanes }: Pick<ShownRun, 'lanes'>, lane: number): string {
  return methods[lanes[lane].method].label;
}

function distanceWords(guess: number, found: number): string {
  const points = Math.round(100 * (found - guess));
  if (Math.abs(points) <= closeEnough) return say('lesson.wellForeseen');
  return say(points > 0 ? 'lesson.more' : 'lesson.less', { points: Math.abs(points) });
}

/** What the run says to a prediction, in a few sentences. */
export function verdictWords(verdict: Verdict, shown: Pick<ShownRun, 'lanes' | 'tasks' | 'classNames'>): string {
  switch (verdict.kind) {
    case 'accuracy': {
      const { lane, task, guess, found } = verdict;
      const classes = classList(shown.tasks[task - 1].classes, shown.classNames);
      const fact = say('lesson.getsRight', { name: laneName(shown, lane), share: shareWords(found), classes });
      return guess === null
        ? `${say('lesson.noGuess')} ${fact}`
        : `${say('lesson.youSaid', { guess: percentage(guess, 0) })} ${fact} ${distanceWords(guess, found)}`;
    }
    case 'best': {
      const { guess, best, averages } = verdict;
      const names = list(best.map((lane) => laneName(shown, lane)));

      const all = averages.map(
        (average, lane) => `${laneName(shown, lane)} ${average === null ? '–' : shareWords(average)}`,
      );
      const said = guess === null ? say('lesson.noGuess') : say('lesson.youSaid', { guess: laneName(shown, guess) });
      return `${said} ${say('lesson.best', { names, count: best.length, all: all.join(', ') })}`;
    }
    default:
      return verdict satisfies never;
  }
}
