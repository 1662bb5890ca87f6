import { expect, it } from 'vitest';
import type { ShownRun } from '../../../../src/state/labState.ts';
import { type Card, factAt, momentStep, questionTold, verdictOf } from '../../../../src/state/lesson/lesson.ts';
import { verdictWords } from '../../../../src/ui/lesson/LessonCard.tsx';
import { smallRun } from '../smallRun.ts';

const [first, second] = smallRun.lanes;
const [begin, end] = first.evaluations;
/** Tested at steps 0 and 10 in Lane A, where 97% of task 1 were right; in Lane B also at 10 and 20. */
const run: ShownRun = {
  ...smallRun,
  lanes: [
    first,
    {
      ...second,
      evaluations: [
        { ...begin, lane: 1 },
        { ...end, lane: 1, averageAccuracy: 0.9, accuracyByTask: [0.9, null] },
        { ...end, lane: 1, step: 20, averageAccuracy: 0.5, accuracyByTask: [0, 1] },
      ],
    },
  ],
};

it('finds the step of a moment, within the task and the run', () => {
  const tasks = [{ steps: 100 }, { steps: 10 }, { steps: 50 }];
  expect(momentStep({ task: 1, after: 0 }, tasks)).toBe(0);
  expect(momentStep({ task: 1, after: 'end' }, tasks)).toBe(100);
  expect(momentStep({ task: 2, after: 5 }, tasks)).toBe(105);
  expect(momentStep({ task: 2, after: 15 }, tasks)).toBe(110);
  expect(momentStep({ task: 3, after: 'end' }, tasks)).toBe(160);
  expect(momentStep({ task: 9, after: 'end' }, tasks)).toBe(160);
  expect(momentStep({ task: 1, after: 0 }, [])).toBeNull();
});

it('takes a fact from the latest test up to a step, and has none where nothing was measured', () => {
  const accuracy = { kind: 'accuracy', lane: 0, task: 1 } as const;
  expect([0, 9, 10, 20].map((step) => factAt(accuracy, run, step))).toEqual([0.11, 0.11, 0.97, 0.97]);
  expect(factAt({ ...accuracy, task: 2 }, run, 10)).toBeNull();
  expect(factAt({ kind: 'averageAccuracy', lane: 1 }, run, 20)).toBe(0.5);
  expect(factAt({ kind: 'negativeElbo', lane: 1 }, run, 20)).toBeNull();
  expect(factAt({ kind: 'averageAccuracy', lane: 3 }, run, 20)).toBeNull();
});

it('answers a prediction with what this run measured, once it is there', () => {
  const question = { kind: 'accuracy', words: '?', lane: 1, task: 1, at: { task: 2, after: 'end' } } as const;
  expect(verdictOf(question, 0.4, { ...run, step: 19 })).toBeNull();
  const late = { ...run, step: 20 };
  const verdict = verdictOf(question, 0.4, late);
  expect(verdict).toEqual({ kind: 'accuracy', lane: 1, task: 1, guess: 0.4, found: 0 });
  const words = (guess: number | null) => {
    const said = verdictOf(question, guess, late);
    return said && verdictWords(said, late);
  };
  expect(words(0.4)).toBe('You said 40%. ER-MIR gets 0% of 0 and 1 right. That is 40 points less than you said.');
  expect(words(0.05)).toBe('You said 5%. ER-MIR gets 0% of 0 and 1 right. Well foreseen.');
  expect(words(null)).toBe('You made no guess. ER-MIR gets 0% of 0 and 1 right.');

  const best = { kind: 'best', words: '?', at: { task: 1, after: 'end' } } as const;
  const told = verdictOf(best, 1, run);
  expect(told).toEqual({ kind: 'best', guess: 1, averages: [0.97, 0.9], best: [0] });
  expect(told && verdictWords(told, run)).toBe('You said ER-MIR. It is ER: ER 97.0%, ER-MIR 90.0% of all that came.');
  const tied = { kind: 'best', guess: null, averages: [0.5, 0.5], best: [0, 1] } as const;
  expect(verdictWords(tied, run)).toBe(
    'You made no guess. ER and ER-MIR are equal: ER 50.0%, ER-MIR 50.0% of all that came.',
  );
});

it('tells an outcome on the first card that is there, and only there', () => {
  const card = (rest: Partial<Card> = {}): Card => ({ title: 'x', text: ['x'], ...rest });
  const cards = [
    card({ ask: { kind: 'best', words: '?', at: { task: 2, after: 'end' } } }),
    card({ at: { task: 2, after: 3 }, ask: { kind: 'best', words: '?', at: { task: 2, after: 5 } } }),
    card({ at: { task: 2, after: 5 } }),
    card({ at: { task: 2, after: 'end' } }),
    card(),
  ];
  expect(cards.map((_, index) => questionTold(cards, index, run.tasks))).toEqual([null, null, 1, 0, null]);
});
