import type { EvaluationEvent, TaskReport } from '../../core/events.ts';
import { methods, initialRetrieval } from '../../core/methods.ts';
import type { ShownRun, LaneState } from '../../state/labState.ts';
import { list } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { wholeShare, classList, retrievalWord } from '../parts/words.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';

type NamedLane = Pick<LaneState, 'method' | 'retrieval'>;

/** What each lane is called: its method, with its letter where two lanes run the same one. */
export function laneNames(lanes: readonly NamedLane[]): string[] {
  return lanes.map(({ method, retrieval }, index) => {
    const { label } = methods[method];
    const now =
      retrieval === null || retrieval === initialRetrieval(method)
        ? null
        : say('story.nowRetrieval', { retrieval: retrievalWord(retrieval) });
    if (lanes.some((other, at) => at !== index && other.method === method)) {
      return say('story.laneName', {
        letter: laneIdentity(index).letter,
        method: [label, now].filter((part) => part !== null).join(', '),
      });
    }
    return now === null ? label : `${label} (${now})`;
  });
}

/** What a lane replays, as an object of the verb. */
export function replayWords({ method, retrieval }: NamedLane, images: string): string {
  const { family } = methods[method];
  switch (family) {
    case 'plain':
      return say('story.replays.nothing');
    case 'bound':
      return say('story.replays.shuffled');
    case 'constrained':
      return say('story.replays.constrained');
    case 'anchored':
      return say('story.replays.anchored');
    case 'exemplars':
      return say('story.replays.exemplars', { images });
    case 'replay':
      return retrieval === 'mir' ? say('story.replays.hurtMemories') : say('story.replays.randomMemories');
    case 'generative':
      return retrieval === 'mir'
        ? say('story.replays.hurtDreams', { images })
        : say('story.replays.dreams', { images });
    case 'hybrid':
      return retrieval === 'mir' ? say('story.replays.hurtLatents') : say('story.replays.randomLatents');
    default:
      return family satisfies never;
  }
}

/** Classes beyond which tasks are called by their numbers. */
const mostNamed = 4;

function tasksByNumber(tasks: readonly TaskReport[], images: string): string {
  const [first, last] = [tasks[0].number, tasks[tasks.length - 1].number];
  if (first === last) return say('story.ofTask', { images, task: first });
  return last - first === 1 ? say('story.ofTwoTasks', { first, last }) : say('story.ofTasks', { first, last });
}

/**
 * What some tasks in a row bring: "0 and 1", "0–5", "airplane and automobile", or "tasks 1–3" where the classes are many
 * or come in every task.
 */
export function taskContents(
  tasks: readonly TaskReport[],
  all: readonly TaskReport[],
  classNames: readonly string[],
  images: string,
): string {
  const everywhere = all.flatMap((task) => task.classes);
  const classes = tasks.flatMap((task) => task.classes).sort((one, other) => one - other);
  if (new Set(everywhere).size < everywhere.length) return tasksByNumber(tasks, images);
  const numbers = classes.map((label) => Number(classNames[label] ?? Number.NaN));
  const inOrder = numbers.every((value, index) => Number.isInteger(value) && value === numbers[0] + index);
  if (inOrder && numbers.length > 2) return `${numbers[0]}–${numbers[numbers.length - 1]}`;
  return classes.length <= mostNamed ? classList(classes, classNames) : tasksByNumber(tasks, images);
}

/** What a lane knew of the tasks before its current one, at one evaluation. */
interface Remembered {
  readonly name: string;
  readonly replays: 'random' | 'mir' | null;
  /** Whether it is the stream alone that it learns from. */
  readonly plain: boolean;
  /** Mean accuracy on the earlier tasks, as a fraction. */
  readonly past: number;
  /** The mean of the best that its accuracy on each of them ever was. */
  readonly best: number;
  /** Test images behind `past`. */
  readonly images: number;
  readonly evaluation: EvaluationEvent;
}

/** Mean of the accuracies on the first `count` tasks; null if one of them is not known. */
function meanOfFirst(accuracies: readonly (number | null)[], count: number): number | null {
  const known = accuracies.slice(0, count).filter((accuracy) => accuracy !== null);
  return count > 0 && known.length === count ? known.reduce((sum, value) => sum + value, 0) / count : null;
}

/**
 * What the lanes that meet task after task knew of the first `tasks` tasks at their latest evaluation. Lanes that were
 * last evaluated at an earlier step than another, and those that have stopped, are left out.
 */
export function remembered(shown: ShownRun, tasks: number): Remembered[] {
  const names = laneNames(shown.lanes);
  const all = shown.lanes.flatMap((lane, index): Remembered[] => {
    const evaluation = lane.evaluations.at(-1);
    if (evaluation === undefined || lane.stopped !== null) return [];
    if (methods[lane.method].stream.kind !== 'sequential') return [];
    const past = meanOfFirst(evaluation.accuracyByTask, tasks);
    if (past === null) return [];
    const best = meanOfFirst(
      evaluation.accuracyByTask.map((_, task) =>
        Math.max(...lane.evaluations.map(({ accuracyByTask }) => accuracyByTask[task] ?? 0)),
      ),
      tasks,
    );
    const seen = evaluation.accuracyByTask.filter((accuracy) => accuracy !== null).length;
    return [
      {
        name: names[index],
        replays: lane.retrieval,
        plain: methods[lane.method].family === 'plain',
        past,
        best: best ?? past,
        images: (evaluation.testImages * tasks) / Math.max(1, seen),
        evaluation,
      },
    ];
  });
  const step = Math.max(0, ...all.map(({ evaluation }) => evaluation.step));
  return all.filter(({ evaluation }) => evaluation.step === step);
}

/** Below this accuracy something that was known is forgotten; a class of ten is guessed in one case of ten. */
const forgottenBelow = 0.2;
/** From this accuracy on something is known. */
const knownFrom = 0.5;

/**
 * Who knows how much, in the order of the lanes: "Fine-tune has forgotten 0 and 1 (0% right); ER still knows 96% of
 * them, ER-MIR 99%".
 *
 * @param what what is known or forgotten
 * @param first whether it is forgotten for the first time: the sentence before has named it already, so that "them"
 *   says it, and the cause is said, too
 */
export function knowledge(lanes: readonly Remembered[], what: string, first: boolean): string {
  let verb: 'stillKnows' | 'knows' | null = null;
  let text = '';
  lanes.forEach(({ name, past, best, plain }, index) => {
    const object = index === 0 && !first ? what : say('story.them');
    const share = wholeShare(past);
    if (past < forgottenBelow && best >= knownFrom) {
      const forgotten = first && plain ? 'story.replaysNothingForgot' : 'story.hasForgotten';
      text += `${index === 0 ? '' : '; '}${say(forgotten, { name, object, share })}`;
      verb = null;
      return;
    }
    const wanted = best >= knownFrom && past < best ? 'stillKnows' : 'knows';
    text +=
      wanted === verb
        ? `, ${say('story.knowsToo', { name, share })}`
        : `${index === 0 ? '' : verb === null ? '; ' : ', '}${say(`story.${wanted}`, { name, object, share })}`;
    verb = wanted;
  });
  return text;
}

/** Two standard errors of the difference of two fractions counted on as many images each. */
function countingNoise(one: Remembered, other: Remembered): number {
  const variance = ({ past, images }: Remembered) => (past * (1 - past)) / Math.max(1, images);
  return 2 * Math.sqrt(variance(one) + variance(other));
}

function clearlyBetter(one: Remembered, other: Remembered): boolean {
  const gap = one.past - other.past;
  return gap > countingNoise(one, other) && Math.round(100 * gap) >= 1;
}

/**
 * Who remembers most, as one honest sentence about one run; null with fewer than two lanes to compare. A difference
 * within the counting noise is no clear difference.
 */
export function verdict(lanes: readonly Remembered[]): string | null {
  if (lanes.length < 2) return null;
  const sorted = lanes.toSorted((one, other) => other.past - one.past);
  const best = sorted[0];
  const leaders = lanes.filter((lane) => !clearlyBetter(best, lane));
  if (leaders.length === lanes.length) return say('story.noDifference');
  const names = list(leaders.map(({ name }) => name));
  if (leaders.length > 1)
    return say(leaders.every(({ replays }) => replays !== null) ? 'story.severalReplay' : 'story.severalRemember', {
      names,
    });
  const next = sorted[1];
  const points = Math.round(100 * (best.past - next.past));
  return say(`story.remembersMost.${best.replays ?? 'plain'}`, { name: best.name, points, next: next.name });
}
