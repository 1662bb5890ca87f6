import type { EvaluationEvent, TaskReport } from '../../core/events.ts';
import type { ShownRun } from '../labState.ts';
import { type Card, cardMoments, type Fact, type Moment, type Question } from './lesson.ts';

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
