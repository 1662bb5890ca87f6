import { z } from 'zod';
import { wordsOr } from '../../texts/say.ts';
import { readHash } from '../url.ts';
import type { EvaluationEvent, TaskReport } from '../../core/events.ts';
import type { ShownRun } from '../labState.ts';

/** The parts of the page that a card can speak of. */
const spotNames = [
  'tasks',
  'headline',
  'controls',
  'step',
  'ask',
  'lanes',
  'lane-a',
  'lane-b',
  'lane-c',
  'lane-d',
  'accuracy',
  'second-chart',
  'table',
] as const;
export type SpotName = (typeof spotNames)[number];

const lane = z.int().min(0).max(3);
const task = z.int().min(1).max(20);

/** A moment of a run: so many steps after a task has begun (its last one where it is shorter), or its end. */
const momentSchema = z.strictObject({
  task,
  after: z.union([z.int().min(0).max(100_000), z.literal('end')]),
});
type Moment = z.infer<typeof momentSchema>;

/**
 * Something that a run measures, at its latest test: the accuracy of a lane on one task, or its average accuracy or
 * −ELBO over the tasks seen. Lanes count from 0.
 */
const factSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('accuracy'), lane, task }),
  z.strictObject({ kind: z.literal('averageAccuracy'), lane }),
  z.strictObject({ kind: z.literal('negativeElbo'), lane }),
]);
export type Fact = z.infer<typeof factSchema>;

const text = z.string().trim().min(1).max(1_000);

/**
 * What the viewer is asked to foresee. `accuracy`: a percentage, by a slider. `best`: the lane whose average accuracy
 * will be highest. The run answers it at the moment `at`.
 */
const questionSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('accuracy'), words: text, lane, task, at: momentSchema }),
  z.strictObject({ kind: z.literal('best'), words: text, at: momentSchema }),
]);
export type Question = z.infer<typeof questionSchema>;

const cardSchema = z.strictObject({
  title: text,
  /** Paragraphs. `{name}` stands for the fact of that name, as it was measured in this very run. */
  text: z.array(text).min(1).max(5),
  facts: z.record(z.string(), factSchema).optional(),
  /** The parts of the page that are spoken of, which are outlined and left free. */
  spotlight: z.array(z.enum(spotNames)).max(4).optional(),
  /** The moment that the card speaks of; the card before's where it is left out. The run is played up to it. */
  at: momentSchema.optional(),
  /** Steps per second of the way there; as fast as the machine goes where it is left out. */
  speed: z.number().min(0.5).max(100).optional(),
  ask: questionSchema.optional(),
});
export type Card = z.infer<typeof cardSchema>;

/** The names between braces in a text. */
function factNames(words: string): string[] {
  return [...words.matchAll(/\{([^{}]*)\}/g)].map(([, name]) => name);
}

/** Whether one moment comes later than another. Of a number of steps and an end of the same task, the end is later. */
function isLater(one: Moment, other: Moment): boolean {
  const steps = ({ after }: Moment) => (after === 'end' ? Number.POSITIVE_INFINITY : after);
  return one.task === other.task ? steps(one) > steps(other) : one.task > other.task;
}

/** The moment of each card. */
export function cardMoments(cards: readonly Card[]): Moment[] {
  let at: Moment = { task: 1, after: 0 };
  return cards.map((card) => (at = card.at ?? at));
}

function lanesNamed(card: Card): number[] {
  const facts = Object.values(card.facts ?? {}).map((fact) => fact.lane);
  return card.ask?.kind === 'accuracy' ? [...facts, card.ask.lane] : facts;
}

function cardProblems(card: Card, index: number, cards: readonly Card[], lanes: number): string[] {
  const moments = cardMoments(cards);
  const problems: string[] = [];
  const facts = Object.keys(card.facts ?? {});
  for (const name of card.text.flatMap(factNames))
    if (!facts.includes(name))
      problems.push(`its text names {${name}}, and its facts are: ${facts.join(', ') || 'none'}`);
  for (const named of lanesNamed(card))
    if (named >= lanes) problems.push(`it names lane ${named}, and the settings have lanes 0 to ${lanes - 1}`);
  if (index > 0 && isLater(moments[index - 1], moments[index]))
    problems.push('its moment lies before that of the card before: a run only goes forwards');
  if (card.ask !== undefined) {
    const { at } = card.ask;
    if (!isLater(at, moments[index])) problems.push('its question is about a moment that is over already');
    if (isLater(at, moments[moments.length - 1])) problems.push('no later card comes to the moment of its question');
  }
  return problems;
}

/**
 * A lesson: cards that are gone through beside a run, each at a moment of it. A file of this form in the folder
 * `lessons` is a lesson of the page, under its name.
 */
const lessonSchema = z
  .strictObject({
    title: text,
    /** What one will know after it, in a sentence. */
    summary: text,
    /** The experiment, as an address has it after the `#`: what "Share link" copies. */
    settings: z.string(),
    cards: z.array(cardSchema).min(2).max(20),
    /** What to do next, on the last card: an address after the `#` each. */
    tries: z.array(z.strictObject({ words: text, address: text })).max(8),
  })
  .superRefine(({ settings, cards, tries }, context) => {
    const { config, problems } = readHash(settings);
    for (const message of problems) context.addIssue({ code: 'custom', message, path: ['settings'] });
    for (const [index, card] of cards.entries()) {
      for (const message of cardProblems(card, index, cards, config.lanes.length))
        context.addIssue({ code: 'custom', message, path: ['cards', index] });
    }
    for (const [index, { address }] of tries.entries()) {
      for (const message of readHash(address).problems)
        context.addIssue({ code: 'custom', message, path: ['tries', index] });
    }
  });
type Lesson = z.infer<typeof lessonSchema>;

/** A lesson of the page, under the name that addresses call it by. */
export interface NamedLesson extends Lesson {
  readonly name: string;
}

/**
 * Checks what a file of a lesson holds.
 *
 * @throws {Error} that says what is wrong where
 */
export function readLesson(name: string, content: unknown): NamedLesson {
  const parsed = lessonSchema.safeParse(content);
  if (parsed.success) return { ...parsed.data, name };
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(
    `The lesson ${name} is not as a lesson must be. ${faults.join('. ')}. See CONTRIBUTING.md, "Add a lesson".`,
  );
}

/** The step at which a moment is come to; the last step of the run where it has fewer tasks. Null before its tasks are known. */
export function momentStep(moment: Moment, tasks: readonly Pick<TaskReport, 'steps'>[]): number | null {
  if (tasks.length === 0) return null;
  const before = tasks.slice(0, moment.task - 1).reduce((sum, { steps }) => sum + steps, 0);
  const steps = tasks.at(moment.task - 1)?.steps ?? 0;
  return before + (moment.after === 'end' ? steps : Math.min(moment.after, steps));
}

/** The latest test of a lane up to a step; of two at one step, that on the complete test set. */
function testAt(evaluations: readonly EvaluationEvent[], step: number): EvaluationEvent | undefined {
  return evaluations.findLast((evaluation) => evaluation.step <= step);
}

/** What a fact was at a step: a fraction, or nats. Null where it was not measured. */
export function factAt(fact: Fact, shown: ShownRun, step: number): number | null {
  const test = testAt(shown.lanes.at(fact.lane)?.evaluations ?? [], step);
  if (test === undefined) return null;
  switch (fact.kind) {
    case 'accuracy':
      return test.accuracyByTask.at(fact.task - 1) ?? null;
    case 'averageAccuracy':
      return test.averageAccuracy;
    case 'negativeElbo':
      return test.elbo?.total ?? null;
    default:
      return fact satisfies never;
  }
}

/** What the viewer foresaw: a fraction, or a lane. */
export type Prediction = number;

/** A prediction, and what the run says to it. */
export type Verdict =
  /** Fractions; `guess` is null where none was made. */
  | {
      readonly kind: 'accuracy';
      readonly lane: number;
      readonly task: number;
      readonly guess: number | null;
      readonly found: number;
    }
  /** Lanes. Those whose average accuracies are equal are all best. */
  | {
      readonly kind: 'best';
      readonly guess: number | null;
      readonly best: readonly number[];
      readonly averages: readonly (number | null)[];
    };

/** What the run says to a prediction; null where it has not come to that moment, or measured nothing. */
export function verdictOf(question: Question, guess: Prediction | null, shown: ShownRun): Verdict | null {
  const step = momentStep(question.at, shown.tasks);
  if (step === null || shown.step < step) return null;
  switch (question.kind) {
    case 'accuracy': {
      const { lane, task } = question;
      const found = factAt({ kind: 'accuracy', lane, task }, shown, step);
      return found === null ? null : { kind: 'accuracy', lane, task, guess, found };
    }
    case 'best': {
      const averages = shown.lanes.map((_, lane) => factAt({ kind: 'averageAccuracy', lane }, shown, step));
      const most = Math.max(...averages.map((average) => average ?? Number.NEGATIVE_INFINITY));
      if (!Number.isFinite(most)) return null;
      return {
        kind: 'best',
        guess,
        averages,
        best: averages.flatMap((average, lane) => (average === most ? [lane] : [])),
      };
    }
    default:
      return question satisfies never;
  }
}

/**
 * The card whose question the card at `index` tells the outcome of: the last one before it that is answered by then, if
 * no card between has told it. Null where there is none.
 */
export function questionTold(cards: readonly Card[], index: number, tasks: readonly TaskReport[]): number | null {
  const moments = cardMoments(cards);
  const stepOf = (moment: Moment) => momentStep(moment, tasks) ?? 0;
  for (let asked = index - 1; asked >= 0; asked--) {
    const question = cards[asked].ask;
    if (question === undefined) continue;
    const at = stepOf(question.at);
    const toldBy = cards.findIndex((_, card) => card > asked && stepOf(moments[card]) >= at);
    if (toldBy === index) return asked;
  }
  return null;
}

/** A lesson in the language of the page, where that has the lesson's texts; else as its file has it. */
export function inLanguage(lesson: NamedLesson): NamedLesson {
  const words = (key: string, own: string) => wordsOr(`lessons.${lesson.name}.${key}`, own);
  return {
    ...lesson,
    title: words('title', lesson.title),
    summary: words('summary', lesson.summary),
    cards: lesson.cards.map((card, index) => {
      const inCard = (key: string, own: string) => words(`cards.${index + 1}.${key}`, own);
      return {
        ...card,
        title: inCard('title', card.title),
        text: card.text.map((paragraph, place) => inCard(`text.${place + 1}`, paragraph)),
        ...(card.ask === undefined ? {} : { ask: { ...card.ask, words: inCard('ask', card.ask.words) } }),
      };
    }),
    tries: lesson.tries.map(({ words: own, address }, index) => ({ words: words(`tries.${index + 1}`, own), address })),
  };
}
