import { Fragment, useEffect, useRef, useId } from 'react';
import {
  type Fact,
  factAt,
  inLanguage,
  questionTold,
  verdictOf,
  type Question,
  type Verdict,
} from '../../state/lesson/lesson.ts';
import { fits, type OpenLesson, presentStep } from '../../state/lesson/lessonStore.ts';
import type { ShownRun } from '../../state/labState.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { unbroken } from '../parts/Said.tsx';
import { useLab, useLabItems, useLessonActions } from '../parts/contexts.ts';
import { nats, classList } from '../parts/words.ts';
import style from './Lesson.module.css';
import { methods } from '../../core/methods.ts';
import { list, percentage } from '../../texts/numbers.ts';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';

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
function LessonQuestion({ question, guess }: Answerable & { readonly question: Question }) {
  return (
    <fieldset className={style.question}>
      <legend>{unbroken(question.words)}</legend>
      {question.kind === 'accuracy' ? (
        <AccuracySlider question={question} guess={guess} />
      ) : (
        <LaneChoice guess={guess} />
      )}
    </fieldset>
  );
}

/** A fraction as the lanes and the table have it, with one decimal: "99.9%", but "0%" only of none. */
function shareWords(fraction: number): string {
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

/** How the run stands to the moment of a card. */
type Standing =
  | { readonly kind: 'gettingReady' }
  | { readonly kind: 'other' }
  /** On the way to the moment. */
  | { readonly kind: 'before'; readonly playing: boolean; readonly step: number; readonly target: number }
  | { readonly kind: 'there'; readonly step: number; readonly target: number };

function useStanding(view: OpenLesson): Standing {
  return useLabItems((state): Standing => {
    const { shown, phase, config } = state;
    if (!fits(view, config)) return { kind: 'other' };
    const target = presentStep(view, state);
    if (shown === null || target === null) return { kind: 'gettingReady' };
    if (shown.step >= target) return { kind: 'there', step: shown.step, target };
    if (phase.kind !== 'playing' && phase.kind !== 'paused') return { kind: 'other' };
    return { kind: 'before', playing: phase.kind === 'playing', step: shown.step, target };
  });
}

function factWords(fact: Fact, shown: ShownRun, step: number): string {
  const value = factAt(fact, shown, step);
  if (value === null) return '–';
  return fact.kind === 'negativeElbo' ? say('lesson.nats', { value: nats(value) }) : shareWords(value);
}

/** A paragraph with what was measured at `step` in the place of the names in braces. */
function Paragraph({
  words,
  facts,
  step,
}: {
  readonly words: string;
  readonly facts: Readonly<Record<string, Fact>>;
  readonly step: number;
}) {
  const parts = words.split(/\{([^{}]*)\}/);
  const found = useLabItems(({ shown }) =>
    parts.map((part, index) => (index % 2 === 0 || shown === null ? part : factWords(facts[part], shown, step))),
  );
  return (
    <p>
      {found.map((part, index) =>
        index % 2 === 0 ? <Fragment key={index}>{unbroken(part)}</Fragment> : <strong key={index}>{part}</strong>,
      )}
    </p>
  );
}

/** What the run says to the prediction that this card tells the outcome of. */
function Outcome({ view }: { readonly view: OpenLesson }) {
  const words = useLab(({ shown }) => {
    if (shown === null) return null;
    const { cards } = view.lesson;
    const asked = questionTold(cards, view.index, shown.tasks);
    const question = asked === null ? undefined : cards[asked].ask;
    if (asked === null || question === undefined) return null;
    const verdict = verdictOf(question, view.guesses.get(asked) ?? null, shown);
    return verdict && verdictWords(verdict, shown);
  });
  return words === null ? null : <p className={style.verdict}>{unbroken(words)}</p>;
}

/** What stands in the place of a card's text until the run is there. */
function OnTheWay({ standing }: { readonly standing: Exclude<Standing, { kind: 'there' }> }) {
  const { playOn, takeUp } = useLessonActions();
  switch (standing.kind) {
    case 'gettingReady':
      return <p>{say('lesson.gettingReady')}</p>;
    case 'other':
      return (
        <>
          <p>{say('lesson.otherRun')}</p>
          <Button onClick={takeUp}>{say('lesson.takeUp')}</Button>
        </>
      );
    case 'before':
      return standing.playing ? (
        <p>{say('lesson.playingOn', { step: standing.target })}</p>
      ) : (
        <>
          <p>{say('lesson.runWaits', { step: standing.target })}</p>
          <Button onClick={playOn}>{say('lesson.playOn')}</Button>
        </>
      );
    default:
      return standing satisfies never;
  }
}

/** What to do after the lesson. */
function Tries({ view }: { readonly view: OpenLesson }) {
  if (view.index < view.lesson.cards.length - 1) return null;
  const { tries } = inLanguage(view.lesson);
  return (
    <ul className={style.tries}>
      {tries.map(({ words, address }) => (
        <li key={address}>
          <a href={`#${address}`}>{unbroken(words)}</a>
        </li>
      ))}
    </ul>
  );
}

/** One card of a lesson. */
export function LessonCard({ view }: { readonly view: OpenLesson }) {
  const { index, guesses } = view;
  const lesson = inLanguage(view.lesson);
  const card = lesson.cards[index];
  const { next, back, leave } = useLessonActions();
  const standing = useStanding(view);
  const there = standing.kind === 'there';
  const last = index === lesson.cards.length - 1;
  const body = useRef<HTMLDivElement>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const asks = there && card.ask !== undefined;

  // The lesson begins at its title; then the focus stays on what was pressed, or goes to what is asked.
  useEffect(() => {
    heading.current?.focus();
  }, [view.lesson]);
  useEffect(() => {
    if (last) heading.current?.focus();
  }, [last]);
  useEffect(() => {
    const region = body.current?.closest('section');
    if (asks && region?.contains(document.activeElement) === true)
      region.querySelector<HTMLElement>('[data-answer]')?.focus();
  }, [asks, index]);
  useEffect(() => {
    const element = body.current;
    if (element === null) return;
    element.scrollTop = 0;
    // What scrolls can be scrolled by keyboard, too; what does not is no stop.
    if (element.scrollHeight > element.clientHeight) element.tabIndex = 0;
    else element.removeAttribute('tabindex');
  }, [index, there]);

  return (
    <>
      <p className={style.lessonTitle}>
        {lesson.title} <span>{say('lesson.card', { number: index + 1, cards: lesson.cards.length })}</span>
      </p>
      <div ref={body} className={style.body}>
        <div aria-live="polite">
          <h2 ref={heading} tabIndex={-1} className={style.title}>
            {unbroken(card.title)}
          </h2>
          {there ? (
            <>
              <Outcome view={view} />
              {card.text.map((words) => (
                <Paragraph key={words} words={words} facts={card.facts ?? {}} step={standing.target} />
              ))}
            </>
          ) : (
            <OnTheWay standing={standing} />
          )}
        </div>
        {standing.kind === 'before' && (
          <progress
            className={style.progress}
            aria-label={say('lesson.way')}
            max={standing.target}
            value={standing.step}
          />
        )}
        {there && card.ask !== undefined && <LessonQuestion question={card.ask} guess={guesses.get(index) ?? null} />}
        {there && <Tries view={view} />}
        {there && standing.step > standing.target && (
          <p className={style.note}>{say('lesson.later', { target: standing.target, step: standing.step })}</p>
        )}
      </div>
      <div className={style.buttons}>
        <Button disabled={index === 0} onClick={back}>
          {say('lesson.back')}
        </Button>
        {!last && (
          <Button tone="primary" aria-disabled={!there} onClick={() => there && next()}>
            {say('lesson.next')}
          </Button>
        )}
        <span className={style.leave}>
          <Button tone="plain" onClick={leave}>
            {say('lesson.leave')}
          </Button>
        </span>
      </div>
    </>
  );
}
