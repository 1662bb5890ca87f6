import { expect, it } from 'vitest';
import type { EvaluationEvent } from '../../../src/core/events.ts';
import { applyReport } from '../../../src/state/applyReport.ts';
import type { ShownRun } from '../../../src/state/labState.ts';
import { smallCounts as counts, smallRun, smallStart, smallState, smallTrace } from './smallRun.ts';

const evaluatedAt = (step: number): EvaluationEvent => ({ ...smallRun.lanes[0].evaluations[0], step });

/** Shown up to step 14. */
const shown: ShownRun = {
  ...smallRun,
  step: 14,
  task: 2,
  evaluating: 0.5,
  changes: [
    { lane: 0, step: 7, retrieval: 'mir' },
    { lane: 0, step: 10, retrieval: 'random' },
    { lane: 0, step: 13, retrieval: 'mir' },
  ],
  lanes: smallRun.lanes.map((lane, index) => ({
    ...lane,
    evaluations: [0, 5, 10, 14].map(evaluatedAt),
    losses: Array.from({ length: 14 }, (_, step) => step),
    trace: { ...smallTrace, step: index === 0 ? 10 : 13 },
    stopped: index === 0 ? 'It stopped at step 12.' : null,
  })),
};

function after(before: ShownRun): ShownRun {
  const lanes = before.lanes.map(() => ({ counts, replacedLatents: 2, stopped: null }));
  const next = applyReport(
    { ...smallState, shown: before },
    {
      kind: 'events',
      run: 3,
      events: [{ ...smallStart, from: { step: 10, task: 1, lanes } }],
      stepsPerSecond: 0,
    },
  );
  if (next.shown === null) throw new Error('A run is shown.');
  return next.shown;
}

it('a run that goes on from the end of a task keeps what happened up to there, and drops the rest', () => {
  const run = after(shown);
  expect([run.step, run.task, run.evaluating]).toEqual([10, 1, null]);
  expect(run.changes).toEqual([{ lane: 0, step: 7, retrieval: 'mir' }]);
  expect(run.lanes[0]).toEqual({
    ...shown.lanes[0],
    evaluations: [0, 5, 10].map(evaluatedAt),
    losses: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9],
    counts,
    replacedLatents: 2,
    stopped: null,
  });
  expect(run.lanes[1].trace).toBeNull();
});

it('a lane of another method than the one shown keeps nothing of that', () => {
  const other = { ...shown, lanes: shown.lanes.map((lane) => ({ ...lane, method: 'gem' as const })) };
  expect(after(other).lanes.map(({ losses, evaluations }) => [losses, evaluations])).toEqual(
    shown.lanes.map(() => [[], []]),
  );
});
