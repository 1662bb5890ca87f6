import type { EvaluationEvent } from '../../../src/core/events.ts';

/** An evaluation of lane 0 on 500 images, with what a test cares about put in. */
export function evaluation(part: Partial<EvaluationEvent>): EvaluationEvent {
  return {
    kind: 'evaluated',
    lane: 0,
    method: 'er',
    retrieval: 'random',
    seed: 0,
    step: 0,
    task: 1,
    set: 'subset',
    testImages: 500,
    taskEnd: false,
    accuracyByTask: [null, null, null, null, null],
    averageAccuracy: 0,
    averageForgetting: null,
    elboByTask: null,
    elbo: null,
    ...part,
  };
}
