import { methods } from '../../core/methods.ts';
import type { ShownRun } from '../../state/labState.ts';
import type { Verdict } from '../../state/lesson/lessonRun.ts';
import { classList, percent } from '../parts/words.ts';

/** A fraction as the lanes and the table have it, with one decimal: "99.9%", but "0%" only of none. */
export function shareWords(fraction: number): string {
  return `${percent(fraction, fraction === 0 || fraction === 1 ? 0 : 1)}%`;
}

/** Percentage points up to which a prediction was right. */
const closeEnough = 5;

const listed = new Intl.ListFormat('en', { type: 'conjunction' });

function laneName({ lanes }: Pick<ShownRun, 'lanes'>, lane: number): string {
  return methods[lanes[lane].method].label;
}

function distanceWords(guess: number, found: number): string {
  const points = Math.round(100 * (found - guess));
  if (Math.abs(points) <= closeEnough) return 'Well foreseen.';
  return `That is ${Math.abs(points)} points ${points > 0 ? 'more' : 'less'} than you said.`;
}

/** What the run says to a prediction, in a few sentences. */
export function verdictWords(verdict: Verdict, shown: Pick<ShownRun, 'lanes' | 'tasks' | 'classNames'>): string {
  switch (verdict.kind) {
    case 'accuracy': {
      const { lane, task, guess, found } = verdict;
      const classes = classList(shown.tasks[task - 1].classes, shown.classNames);
      const fact = `${laneName(shown, lane)} gets ${shareWords(found)} of ${classes} right.`;
      return guess === null
        ? `You made no guess. ${fact}`
        : `You said ${Math.round(100 * guess)}%. ${fact} ${distanceWords(guess, found)}`;
    }
    case 'best': {
      const { guess, best, averages } = verdict;
      const names = listed.format(best.map((lane) => laneName(shown, lane)));
      const fact = best.length === 1 ? `It is ${names}` : `${names} are equal`;
      const all = averages.map(
        (average, lane) => `${laneName(shown, lane)} ${average === null ? '–' : shareWords(average)}`,
      );
      const said = guess === null ? 'You made no guess.' : `You said ${laneName(shown, guess)}.`;
      return `${said} ${fact}: ${all.join(', ')} of all that came.`;
    }
    default:
      return verdict satisfies never;
  }
}
