import { expect, it } from 'vitest';
import { readLesson } from '../../../../src/state/lesson/lesson.ts';
import { fetchLesson, lessonNames } from '../../../../src/state/lesson/lessonStore.ts';
import { readHash } from '../../../../src/state/url.ts';

const lesson = {
  title: 'Small',
  summary: 'Nothing much.',
  settings: 'lanes=er,er-mir&samples-per-task=100',
  cards: [
    { title: 'One', text: ['Begin.'] },
    {
      title: 'Two',
      text: ['{a} and {b}'],
      facts: { a: { kind: 'accuracy', lane: 0, task: 1 }, b: { kind: 'averageAccuracy', lane: 1 } },
      spotlight: ['table'],
      at: { task: 1, after: 5 },
      speed: 10,
      ask: { kind: 'best', words: 'Who?', at: { task: 2, after: 'end' } },
    },
    { title: 'Three', text: ['End.'], at: { task: 2, after: 'end' } },
  ],
  tries: [{ words: 'More', address: 'lanes=er&seed=3' }],
} as const;

/** The lesson with one card changed. */
const withCard = (index: number, change: object) => ({
  ...lesson,
  cards: lesson.cards.map((card, at) => (at === index ? { ...card, ...change } : card)),
});

it('reads a lesson that is whole', () => {
  expect(readLesson('small', lesson)).toEqual({ ...lesson, name: 'small' });
});

it.each([
  [
    'a fact that is not there',
    withCard(0, { text: ['{c}'] }),
    /cards\.0: its text names \{c\}, and its facts are: none/,
  ],
  [
    'a lane that is not there',
    withCard(1, { text: ['x'], facts: { a: { kind: 'averageAccuracy', lane: 2 } } }),
    /cards\.1: it names lane 2, and the settings have lanes 0 to 1/,
  ],
  ['a moment before the last one', withCard(2, { at: { task: 1, after: 4 } }), /cards\.2: its moment lies before/],
  [
    'a question about what is over',
    withCard(1, { ask: { kind: 'best', words: 'Who?', at: { task: 1, after: 5 } } }),
    /cards\.1: its question is about a moment that is over already/,
  ],
  [
    'a question that nothing answers',
    withCard(1, { ask: { kind: 'best', words: 'Who?', at: { task: 3, after: 0 } } }),
    /cards\.1: no later card comes to the moment of its question/,
  ],
  ['a setting that is not allowed', { ...lesson, settings: 'hidden=none' }, /settings: The address has hidden=none/],
  ['a part of the page that is not there', withCard(1, { spotlight: ['roof'] }), /cards\.1\.spotlight\.0: /],
  ['a name that is not known', { ...lesson, colour: 'red' }, /colour/],
  ['no cards', { ...lesson, cards: [] }, /cards: /],
  ['a wrong address to try', { ...lesson, tries: [{ words: 'x', address: 'budget=lots' }] }, /tries\.0: .*budget=lots/],
  ['something else', 'text', /The lesson small is not as a lesson must be/],
])('refuses %s, and says so', (_what, content, fault) => {
  expect(() => readLesson('small', content)).toThrow(fault);
});

it('has lessons that are whole, and on which the page opens as they say', async () => {
  expect(lessonNames[0]).toBe('forgetting');
  for (const name of lessonNames) {
    const found = await fetchLesson(name);
    expect(found.name).toBe(name);
    expect(found.cards.length).toBeGreaterThanOrEqual(8);
    expect(found.cards.length).toBeLessThanOrEqual(10);
    expect(found.cards.some(({ ask }) => ask !== undefined)).toBe(true);
    expect(found.tries.length).toBeGreaterThan(0);
    expect(readHash(found.settings).problems).toEqual([]);
  }
  await expect(fetchLesson('remembering')).rejects.toThrow(
    `There is no lesson remembering; there are: ${lessonNames.join(', ')}.`,
  );
});
