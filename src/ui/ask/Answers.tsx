import { memo } from 'react';
import { answerOf, type Standing, standingOf } from '../../state/asked.ts';
import { useLab, useLabItems } from '../parts/contexts.ts';
import { laneIdentity, laneColors, LaneMarker } from '../parts/laneIdentity.tsx';
import { say } from '../../texts/say.ts';
import { className, showsDigits, percent, shortClassName } from '../parts/words.ts';
import style from './Ask.module.css';
import { methods } from '../../core/methods.ts';
import ownImageStyle from './OwnImage.module.css';

/** What an answer shows: a class and its probability. */
interface Answer {
  readonly label: number;
  readonly certainty: number;
}

/** How an answer stands, in a few words for the eye. */
export function standingWords(standing: Standing): string {
  return say(`ask.standings.${standing}`);
}

/** The sign beside an answer, so that colour is never the only difference. */
export const standingSigns: Readonly<Record<Standing, string>> = {
  right: '✓',
  forgotten: '✗',
  wrong: '~',
  untaught: '?',
};

/** "2: answers 2, 97 %", "2: answers 3, 88 %, forgotten", "2: no answer". */
function answerText(
  name: string,
  answer: Answer | null,
  standing: Standing | null,
  classNames: readonly string[],
): string {
  if (answer === null) return say('ask.noAnswer', { name });
  return say('ask.answer', {
    name,
    answer: className(answer.label, classNames),
    share: percent(answer.certainty, 0),
    standing: standing ?? 'own',
  });
}

/** One answer: the class, how it stands, and how sure the network is. */
const AnswerItem = memo(function AnswerItem({
  text,
  word,
  certainty,
  standing,
}: {
  readonly text: string;
  readonly word: string;
  readonly certainty: number;
  readonly standing: Standing | null;
}) {
  return (
    <li className={style.answer} data-standing={standing ?? 'own'} aria-label={text} title={text}>
      <span className="hidden-text">{text}</span>
      <span aria-hidden="true" className={style.word} data-long={word.length > 2}>
        {word}
        {standing !== null && <small>{standingSigns[standing]}</small>}
      </span>
      <span aria-hidden="true" className={style.certainty}>
        <span style={{ width: `${100 * certainty}%` }} />
      </span>
    </li>
  );
});

/** What an answer shows under its image. */
function shownAnswer(answer: Answer | null, classNames: readonly string[]) {
  return {
    word: answer === null ? '–' : shortClassName(className(answer.label, classNames)),
    certainty: answer?.certainty ?? 0,
  };
}

/** What a lane takes the shown images for, as it stands now: under each image its answer. */
export const LaneAnswers = memo(function LaneAnswers({ lane }: { readonly lane: number }) {
  const asked = useLab((state) => state.asked);
  const tasks = useLab(({ shown }) => shown?.tasks ?? null);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  const scenario = useLab(({ shown, config }) => shown?.config.scenario ?? config.scenario);
  const methodsOfLanes = useLabItems(({ shown }) => shown?.lanes.map(({ method }) => method) ?? []);
  const answers = asked.lanes.at(lane);
  if (tasks === null || classNames === null || answers === undefined) return null;
  const run = { tasks, classNames, lanes: methodsOfLanes.map((method) => ({ method })) };
  const own = asked.own === null ? null : answerOf(answers.own, 0, classNames.length);
  return (
    <div className={style.answers} data-own={asked.own !== null}>
      <p className={style.name} aria-hidden="true">
        {say('ask.answersWord')}
      </p>
      <ul aria-label={say('ask.laneAnswers', { letter: laneIdentity(lane).letter })} className={style.list}>
        {asked.samples.map(({ label }, image) => {
          const answer = answerOf(answers.tests, image, classNames.length);
          const standing = standingOf(asked, image, lane, run);
          const text = answerText(className(label, classNames), answer, standing, classNames);
          return <AnswerItem key={image} {...{ text, standing }} {...shownAnswer(answer, classNames)} />;
        })}
        {asked.own !== null && (
          <AnswerItem
            text={answerText(
              showsDigits(scenario, classNames) ? say('ask.yourDigit') : say('ask.yourPicture'),
              own,
              null,
              classNames,
            )}
            {...shownAnswer(own, classNames)}
            standing={null}
          />
        )}
      </ul>
    </div>
  );
});

/** Classes that are shown of each lane, the likeliest first. */
const shownClasses = 3;

/** What every lane takes the viewer's own image for, with the likeliest classes; it follows drawing and training. */
export function OwnAnswers({ none }: { readonly none: string }) {
  const lanes = useLab((state) => state.asked.lanes);
  const own = useLab((state) => state.asked.own);
  const shown = useLab((state) => state.shown);
  if (shown === null) return null;
  const { classNames } = shown;
  return (
    <ul aria-label={say('ask.answersTitle')} className={ownImageStyle.lanes}>
      {shown.lanes.map(({ method }, lane) => {
        const { letter, marker } = laneIdentity(lane);
        const probabilities = own === null ? null : (lanes.at(lane)?.own ?? null);
        const answer = answerOf(probabilities, 0, classNames.length);
        const ranked = Array.from(probabilities ?? [])
          .map((probability, label) => ({ probability, label }))
          .sort((one, other) => other.probability - one.probability)
          .slice(0, shownClasses);
        const named = answer === null ? null : className(answer.label, classNames);
        const common = { letter, method: methods[method].label };
        const text =
          answer === null
            ? say('ask.laneSaysNothing', { ...common, none })
            : say('ask.laneSays', { ...common, answer: named ?? '', share: percent(answer.certainty, 0) });
        return (
          <li key={lane} aria-label={text} className={ownImageStyle.lane} style={laneColors(lane)}>
            <span className={ownImageStyle.laneName}>
              <LaneMarker shape={marker} color="var(--lane)" />
              {letter} · {methods[method].label}
            </span>
            <strong className={ownImageStyle.answer}>{named ?? '–'}</strong>
            <span className={ownImageStyle.ranked}>
              {answer === null
                ? none
                : ranked.map(({ probability, label }) => (
                    <span key={label} className={ownImageStyle.rank}>
                      <span>{className(label, classNames)}</span>
                      <span className={ownImageStyle.bar}>
                        <span style={{ width: `${100 * probability}%` }} />
                      </span>
                      <span>{percent(probability, 0)} %</span>
                    </span>
                  ))}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
