import { describe, expect, it } from 'vitest';
import { defaultExperiment } from '../../../../src/core/config.ts';
import type { MethodName } from '../../../../src/core/methods.ts';
import type { EvaluationEvent } from '../../../../src/core/events.ts';
import type { LaneState, ShownRun } from '../../../../src/state/labState.ts';
import { verdict } from '../../../../src/ui/results/verdict.ts';
import { evaluation } from '../evaluation.ts';

function lane(method: MethodName, latest: EvaluationEvent | null, part: Partial<LaneState> = {}): LaneState {
  const retrieval = method === 'er' ? 'random' : method === 'er-mir' ? 'mir' : null;
  const evaluations = latest ? [latest] : [];
  return {
    method,
    retrieval,
    evaluations,
    losses: [],
    counts: null,
    trace: null,
    reconstructions: null,
    replacedLatents: 0,
    stopped: null,
    ...part,
  };
}

function run(lanes: readonly LaneState[], totalSteps = 500): ShownRun {
  return {
    config: defaultExperiment,
    lanes,
    runConfigs: [],
    tasks: [],
    totalSteps,
    step: 0,
    task: 1,
    evaluation: null,
    imageShape: [28, 28, 1],
    classNames: [],
    changes: [],
    evaluating: null,
    preparing: null,
    backend: null,
    engineVersion: '0.0.0',
  };
}

/** At task 3: accuracies on tasks 1 and 2, then on task 3. */
function third(first: number, second: number, part: Partial<EvaluationEvent> = {}): EvaluationEvent {
  return evaluation({ step: 250, task: 3, accuracyByTask: [first, second, 0.95, null, null], ...part });
}

describe('verdict', () => {
  it('says nothing before anything can be forgotten', () => {
    expect(verdict(run([lane('er', null), lane('er-mir', null)]))).toBeNull();
    const first = evaluation({ step: 50, task: 1, accuracyByTask: [0.99, null, null, null, null] });
    expect(verdict(run([lane('er', first), lane('er-mir', first)]))).toBeNull();
  });

  it('counts the points by which one lane remembers the earlier tasks better', () => {
    expect(verdict(run([lane('er', third(0.7, 0.6)), lane('er-mir', third(0.9, 0.8))]))).toBe(
      'So far, Lane B (ER-MIR) remembers 20 points more of tasks 1 and 2 than Lane A (ER).',
    );
  });

  it('leaves the current task out of the comparison', () => {
    const weakNow = third(0.9, 0.8, { accuracyByTask: [0.9, 0.8, 0.1, null, null] });
    expect(verdict(run([lane('er', third(0.7, 0.6)), lane('er-mir', weakNow)]))).toContain(
      'Lane B (ER-MIR) remembers 20 points',
    );
  });

  it('calls a gap within the counting noise no clear difference', () => {
    // 333 images behind each mean near 0.8: two standard errors of the difference are 6.2 points.
    expect(verdict(run([lane('er', third(0.8, 0.8)), lane('er-mir', third(0.85, 0.85))]))).toBe(
      'So far, no clear difference: Lane B (ER-MIR) and Lane A (ER) remember tasks 1 and 2 about equally well.',
    );
    const many = { testImages: 6_000 };
    expect(verdict(run([lane('er', third(0.8, 0.8, many)), lane('er-mir', third(0.85, 0.85, many))]))).toContain(
      '5 points more',
    );
  });

  it('compares best with worst, and neither stopped lanes nor shuffled streams', () => {
    const lanes = [
      lane('er', third(0.7, 0.7)),
      lane('er-mir', third(0.9, 0.9)),
      lane('fine-tune', third(0, 0), { stopped: 'The loss is not finite.' }),
      lane('iid-online', third(0.1, 0.1)),
    ];
    expect(verdict(run(lanes))).toBe(
      'So far, Lane B (ER-MIR) remembers 20 points more of tasks 1 and 2 than Lane A (ER).',
    );
  });

  it('does not compare evaluations of different steps', () => {
    const lanes = [lane('er', third(0.7, 0.6, { step: 240 })), lane('er-mir', third(0.9, 0.8))];
    expect(verdict(run(lanes))).toBe('So far, Lane B (ER-MIR) still gets 85% of tasks 1 and 2 right.');
  });

  it('says what a lane replays since it was switched, and when the run is over', () => {
    const lanes = [
      lane('er', third(0.7, 0.6, { step: 500 }), { retrieval: 'mir' }),
      lane('er-mir', third(0.9, 0.8, { step: 500 })),
    ];
    expect(verdict(run(lanes))).toBe(
      'In this run, Lane B (ER-MIR) remembers 20 points more of tasks 1 and 2 than Lane A (ER, now MIR).',
    );
  });
});
