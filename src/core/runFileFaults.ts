import type { RunConfig } from './config.ts';
import { sharedSettingNames } from './config.ts';
import { initialRetrieval } from './methods.ts';
import { mean } from './metrics.ts';
import type { RunFile } from './runFile.ts';

/** The places where a lane's settings are not those that the file names, or where lanes do not share what they must. */
function* settingFaults({ config, lanes }: RunFile, index: number): Generator<string, void> {
  const found = lanes[index].config;
  const { lanes: _lanes, ...named } = config;
  const wanted = {
    ...Object.fromEntries(sharedSettingNames.map((name) => [name, lanes[0].config[name]])),
    ...named,
    method: lanes[index].method,
  };
  for (const [name, allowed] of Object.entries(wanted)) {
    const value = found[name as keyof RunConfig];
    if (value !== allowed)
      yield `lanes[${index}].config.${name} is ${JSON.stringify(value)}; allowed is ${JSON.stringify(allowed)}, as config or the first lane says.`;
  }
}

function* taskFaults({ tasks, classNames, task, step, totalSteps }: RunFile): Generator<string, void> {
  for (const [index, { number, classes }] of tasks.entries()) {
    if (number !== index + 1)
      yield `tasks[${index}].number is ${number}; allowed is ${index + 1}: tasks are in order, each once.`;
    const foreign = classes.find((label) => label >= classNames.length);
    if (foreign !== undefined)
      yield `tasks[${index}].classes has ${foreign}; allowed is 0 to ${classNames.length - 1}, as classNames says.`;
    if (new Set(classes).size !== classes.length) yield `tasks[${index}].classes has a class twice.`;
  }
  const steps = tasks.reduce((sum, each) => sum + each.steps, 0);
  if (totalSteps !== steps) yield `totalSteps is ${totalSteps}; allowed is ${steps}, the sum of tasks[…].steps.`;
  if (task > tasks.length) yield `task is ${task}; allowed is 1 to ${tasks.length}, as tasks says.`;
  if (step > totalSteps) yield `step is ${step}; allowed is 0 to ${totalSteps}, as totalSteps says.`;
}

function* laneFaults(file: RunFile): Generator<string, void> {
  const { tasks, classNames, step } = file;
  for (const [index, lane] of file.lanes.entries()) {
    const method = file.config.lanes[index];
    const place = `lanes[${index}]`;
    if (lane.method !== method) {
      yield `${place}.method is "${lane.method}"; allowed is "${method}", as config.lanes says.`;
      continue;
    }
    if ((lane.retrieval === null) !== (initialRetrieval(method) === null))
      yield `${place}.retrieval is ${JSON.stringify(lane.retrieval)}, which "${method}" cannot have.`;
    else yield* settingFaults(file, index);
    // What is known of a step that is under way may be there already.
    if (lane.losses.length > step + 1)
      yield `${place}.losses is a list of ${lane.losses.length}; allowed is at most ${step + 1}, as step says.`;
    const lengths = { ByClass: classNames.length, ByTask: tasks.length };
    for (const [name, counts] of Object.entries(lane.counts ?? {})) {
      const most = name.endsWith('ByClass') ? lengths.ByClass : lengths.ByTask;
      if (counts.length > most)
        yield `${place}.counts.${name} is a list of ${counts.length}; allowed is at most ${most}.`;
    }
  }
}

/** Sums of a thousand accuracies, each rounded. */
const tolerance = 1e-6;

function* evaluationFaults(file: RunFile): Generator<string, void> {
  const { config, tasks, totalSteps } = file;
  const lastStep = config.lanes.map(() => 0);
  let lastLane = 0;
  for (const [index, evaluation] of file.evaluations.entries()) {
    const place = `evaluations[${index}]`;
    const { lane, method, seed, step, task, accuracyByTask, elboByTask } = evaluation;
    if (lane >= config.lanes.length) {
      yield `${place}.lane is ${lane}; allowed is 0 to ${config.lanes.length - 1}.`;
      continue;
    }
    const allowed = config.lanes[lane];
    if (lane < lastLane) yield `${place}.lane is ${lane}, after ${lastLane}; allowed is one lane after the other.`;
    lastLane = Math.max(lastLane, lane);
    if (method !== allowed) yield `${place}.method is "${method}"; allowed is "${allowed}", as config.lanes says.`;
    else if ((evaluation.retrieval === null) !== (initialRetrieval(method) === null))
      yield `${place}.retrieval is ${JSON.stringify(evaluation.retrieval)}, which "${method}" cannot have.`;
    if (seed !== config.seed) yield `${place}.seed is ${seed}; allowed is ${config.seed}, as config.seed says.`;
    if (task > tasks.length) yield `${place}.task is ${task}; allowed is 1 to ${tasks.length}, as tasks says.`;
    if (accuracyByTask.length !== tasks.length)
      yield `${place}.accuracyByTask is a list of ${accuracyByTask.length}; allowed is ${tasks.length}, one for each task.`;
    const { accuracyByTaskOnSubset } = evaluation;
    if (accuracyByTaskOnSubset !== undefined && accuracyByTaskOnSubset.length !== tasks.length)
      yield `${place}.accuracyByTaskOnSubset is a list of ${accuracyByTaskOnSubset.length}; allowed is ${tasks.length}, one for each task.`;
    if (elboByTask !== null && elboByTask.length !== tasks.length)
      yield `${place}.elboByTask is a list of ${elboByTask.length}; allowed is ${tasks.length}, one for each task, or null.`;
    const average = mean(accuracyByTask.filter((accuracy) => accuracy !== null));
    if (!(Math.abs(average - evaluation.averageAccuracy) <= tolerance))
      yield `${place}.averageAccuracy is ${evaluation.averageAccuracy}; allowed is ${average}, the mean of its accuracyByTask.`;
    const from = lastStep[lane];
    if (step < from || step > totalSteps)
      yield `${place}.step is ${step}; allowed is ${from} to ${totalSteps}: a lane's evaluations are in order.`;
    // An evaluation may arrive before the page counts its step.
    else if (step > file.step + 1) yield `${place}.step is ${step}; allowed is at most ${file.step + 1}, as step says.`;
    else lastStep[lane] = step;
  }
  for (const [index, { losses, stopped }] of file.lanes.entries()) {
    if (losses.length === 0 && stopped === null && lastStep[index] > 0)
      yield `lanes[${index}].losses is a list of 0, although evaluations has the lane at step ${lastStep[index]}; allowed is one loss for each step.`;
  }
}

function* changeFaults({ config, step, retrievalChanges }: RunFile): Generator<string, void> {
  let last = 0;
  for (const [index, change] of retrievalChanges.entries()) {
    const place = `retrievalChanges[${index}]`;
    if (change.lane >= config.lanes.length)
      yield `${place}.lane is ${change.lane}; allowed is 0 to ${config.lanes.length - 1}.`;
    else if (initialRetrieval(config.lanes[change.lane]) === null)
      yield `${place}.lane is ${change.lane}, whose method "${config.lanes[change.lane]}" has no retrieval to change.`;
    if (change.step < last || change.step > step)
      yield `${place}.step is ${change.step}; allowed is ${last} to ${step}: changes are in order, and none is later than step.`;
    last = Math.max(last, change.step);
  }
}

/**
 * The places where the parts of a run file contradict each other, although each value alone is valid: one sentence each,
 * as they are found. Nothing if the file makes sense.
 */
export function* runFileFaults(file: RunFile): Generator<string, void> {
  const wanted = file.config.lanes.length;
  if (file.lanes.length !== wanted) {
    yield `lanes is a list of ${file.lanes.length}; allowed is ${wanted}, as config.lanes says.`;
    return;
  }
  yield* laneFaults(file);
  yield* taskFaults(file);
  yield* evaluationFaults(file);
  yield* changeFaults(file);
}
