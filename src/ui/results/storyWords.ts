import { initialRetrieval, methods } from '../../core/methods.ts';
import type { TaskReport } from '../../core/events.ts';
import type { LaneState } from '../../state/labState.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { classList, retrievalWords } from '../parts/words.ts';

const listed = new Intl.ListFormat('en', { type: 'conjunction' });

/** "ER", "ER and ER-MIR". */
export function nameList(names: readonly string[]): string {
  return listed.format(names);
}

type NamedLane = Pick<LaneState, 'method' | 'retrieval'>;

/** What each lane is called: its method, with its letter where two lanes run the same one. */
export function laneNames(lanes: readonly NamedLane[]): string[] {
  return lanes.map(({ method, retrieval }, index) => {
    const { label } = methods[method];
    const now =
      retrieval === null || retrieval === initialRetrieval(method) ? null : `now ${retrievalWords[retrieval]}`;
    if (lanes.some((other, at) => at !== index && other.method === method)) {
      return `Lane ${laneIdentity(index).letter} (${[label, now].filter((part) => part !== null).join(', ')})`;
    }
    return now === null ? label : `${label} (${now})`;
  });
}

const hurtMost = 'the coming update would hurt most';

/** What a lane replays, as an object of the verb. */
export function replayWords({ method, retrieval }: NamedLane, images: string): string {
  const { family } = methods[method];
  switch (family) {
    case 'plain':
      return 'nothing';
    case 'bound':
      return 'nothing, but gets all tasks shuffled together';
    case 'constrained':
      return 'nothing, but turns updates that would hurt the past';
    case 'anchored':
      return 'nothing, but holds to what the network was';
    case 'exemplars':
      return `typical old ${images}`;
    case 'replay':
      return retrieval === 'mir' ? `the memories that ${hurtMost}` : 'random memories';
    case 'generative':
      return retrieval === 'mir' ? `made-up ${images} that ${hurtMost}` : `made-up ${images}`;
    case 'hybrid':
      return retrieval === 'mir' ? `the stored latents that ${hurtMost}` : 'random stored latents';
    default:
      return family satisfies never;
  }
}

/** Classes beyond which tasks are called by their numbers. */
const mostNamed = 4;

function tasksByNumber(tasks: readonly TaskReport[], images: string): string {
  const [first, last] = [tasks[0].number, tasks[tasks.length - 1].number];
  if (first === last) return `the ${images} of task ${first}`;
  return `the ${images} of tasks ${first}${last - first === 1 ? ' and ' : '–'}${last}`;
}

/**
 * What some tasks in a row bring: "0 and 1", "0–5", "airplane and automobile", or "the images of tasks 1–3" where the
 * classes are many or come in every task.
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
