import { useId } from 'react';
import { methods } from '../../core/methods.ts';
import type { Question } from '../../state/lesson/lesson.ts';
import { useLab, useLabItems, useLessonActions } from '../parts/contexts.ts';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { classList } from '../parts/words.ts';
import style from './Lesson.module.css';

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
  const words = guess === null ? 'not said yet' : `${Math.round(100 * guess)}%`;
  return (
    <p className={style.slider}>
      <input
        type="range"
        data-answer=""
        aria-label={`Your prediction: accuracy of ${name} on ${classes}`}
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
