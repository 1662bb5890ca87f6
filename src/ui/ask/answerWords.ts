import type { Standing } from '../../state/asked.ts';
import { percent } from '../parts/words.ts';

/** What an answer shows: a class and its probability. */
interface Answer {
  readonly label: number;
  readonly certainty: number;
}

/** How an answer stands, in a few words for the eye. */
export const standingWords: Readonly<Record<Standing, string>> = {
  right: 'right',
  forgotten: 'forgotten: right before, wrong now',
  wrong: 'wrong, and never right so far',
  untaught: 'not taught yet',
};

/** The sign beside an answer, so that colour is never the only difference. */
export const standingSigns: Readonly<Record<Standing, string>> = {
  right: '✓',
  forgotten: '✗',
  wrong: '~',
  untaught: '?',
};

const spoken: Readonly<Record<Standing, string>> = {
  right: '',
  forgotten: ', forgotten',
  wrong: ', wrong',
  untaught: ', not taught yet',
};

/** "2: answers 2, 97 %", "2: answers 3, 88 %, forgotten", "2: no answer". */
export function answerText(
  name: string,
  answer: Answer | null,
  standing: Standing | null,
  classNames: readonly string[],
): string {
  if (answer === null) return `${name}: no answer`;
  const named = classNames[answer.label] ?? String(answer.label);
  return `${name}: answers ${named}, ${percent(answer.certainty, 0)} %${standing === null ? '' : spoken[standing]}`;
}
