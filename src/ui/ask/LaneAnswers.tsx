import { memo } from 'react';
import { answerOf, type Standing, standingOf } from '../../state/asked.ts';
import { useLab } from '../parts/contexts.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { imageWord, shortClassName } from '../parts/words.ts';
import { answerText, standingSigns } from './answerWords.ts';
import style from './Ask.module.css';

/** One answer: the class, how it stands, and how sure the network is. */
function AnswerItem({
  text,
  answer,
  standing,
  classNames,
}: {
  readonly text: string;
  readonly answer: ReturnType<typeof answerOf>;
  readonly standing: Standing | null;
  readonly classNames: readonly string[];
}) {
  const word = answer === null ? '–' : shortClassName(classNames[answer.label] ?? String(answer.label));
  return (
    <li className={style.answer} data-standing={standing ?? 'own'} aria-label={text} title={text}>
      <span className="hidden-text">{text}</span>
      <span aria-hidden="true" className={style.word} data-long={word.length > 2}>
        {word}
        {standing !== null && <small>{standingSigns[standing]}</small>}
      </span>
      <span aria-hidden="true" className={style.certainty}>
        <span style={{ width: `${100 * (answer?.certainty ?? 0)}%` }} />
      </span>
    </li>
  );
}

/** What a lane takes the shown images for, as it stands now: under each image its answer. */
export const LaneAnswers = memo(function LaneAnswers({ lane }: { readonly lane: number }) {
  const asked = useLab((state) => state.asked);
  const shown = useLab((state) => state.shown);
  const answers = asked.lanes.at(lane);
  if (shown === null || answers === undefined) return null;
  const { classNames } = shown;
  const own = asked.own === null ? null : answerOf(answers.own, 0, classNames.length);
  return (
    <div className={style.answers} data-own={asked.own !== null}>
      <p className={style.name} aria-hidden="true">
        answers
      </p>
      <ul aria-label={`Lane ${laneIdentity(lane).letter} answers`} className={style.list}>
        {asked.samples.map(({ label }, image) => {
          const answer = answerOf(answers.tests, image, classNames.length);
          const standing = standingOf(asked, image, lane, shown);
          const text = answerText(classNames[label] ?? String(label), answer, standing, classNames);
          return <AnswerItem key={image} {...{ text, answer, standing, classNames }} />;
        })}
        {asked.own !== null && (
          <AnswerItem
            text={answerText(
              imageWord(shown.config.scenario) === 'digits' ? 'Your digit' : 'Your picture',
              own,
              null,
              classNames,
            )}
            answer={own}
            standing={null}
            classNames={classNames}
          />
        )}
      </ul>
    </div>
  );
});
