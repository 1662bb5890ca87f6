import { initialRetrieval } from '../engine/config.ts';
import type { RunFile } from './runFileSchema.ts';

/**
 * Where the parts of a run file contradict each other: every value for itself is right already.
 * One sentence each; empty if the file makes sense.
 */
export function runFileFaults(file: RunFile): string[] {
  const faults: string[] = [];
  const { lanes } = file.config;

  if (file.lanes.length !== lanes.length) {
    faults.push(`lanes is a list of ${file.lanes.length}; allowed is ${lanes.length}, as config.lanes says.`);
    return faults;
  }
  file.lanes.forEach((lane, index) => {
    if (lane.method !== lanes[index]) {
      faults.push(`lanes[${index}].method is "${lane.method}"; allowed is "${lanes[index]}", as config.lanes says.`);
    } else if ((lane.retrieval === null) !== (initialRetrieval(lane.method) === null)) {
      faults.push(`lanes[${index}].retrieval is ${JSON.stringify(lane.retrieval)}, which "${lane.method}" cannot have.`);
    }
  });
  if (file.step > file.totalSteps) {
    faults.push(`step is ${file.step}; allowed is 0 to ${file.totalSteps}, as totalSteps says.`);
  }
  const lastStep = lanes.map(() => 0);
  file.evaluations.forEach((evaluation, index) => {
    const place = `evaluations[${index}]`;
    const method = lanes.at(evaluation.lane);
    if (method === undefined) {
      faults.push(`${place}.lane is ${evaluation.lane}; allowed is 0 to ${lanes.length - 1}.`);
      return;
    }
    if (evaluation.method !== method) {
      faults.push(`${place}.method is "${evaluation.method}"; allowed is "${method}", as config.lanes says.`);
    }
    if (evaluation.seed !== file.config.seed) {
      faults.push(`${place}.seed is ${evaluation.seed}; allowed is ${file.config.seed}, as config.seed says.`);
    }
    if (evaluation.accuracyByTask.length !== file.tasks.length) {
      faults.push(`${place}.accuracyByTask is a list of ${evaluation.accuracyByTask.length}; allowed is ${file.tasks.length}, one for each task.`);
    }
    if (evaluation.elboByTask !== null && evaluation.elboByTask.length !== file.tasks.length) {
      faults.push(`${place}.elboByTask is a list of ${evaluation.elboByTask.length}; allowed is ${file.tasks.length}, one for each task, or null.`);
    }
    const from = lastStep[evaluation.lane];
    if (evaluation.step < from || evaluation.step > file.totalSteps) {
      faults.push(`${place}.step is ${evaluation.step}; allowed is ${from} to ${file.totalSteps}: a lane's evaluations are in order.`);
    } else {
      lastStep[evaluation.lane] = evaluation.step;
    }
  });
  file.retrievalChanges.forEach((change, index) => {
    if (change.lane >= lanes.length) {
      faults.push(`retrievalChanges[${index}].lane is ${change.lane}; allowed is 0 to ${lanes.length - 1}.`);
    }
  });
  return faults;
}
