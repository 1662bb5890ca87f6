import { methods } from '../core/methods.ts';
import type { OwnImage, Report } from '../link/protocol.ts';
import type { LaneState, ShownRun } from './labState.ts';

/** The answers of one lane, as far as they are known. */
interface LaneAsked {
  /** Probability of each class for each test image, image by image; null before the first answers. */
  readonly tests: Float32Array | null;
  /** Probability of each class for the viewer's own image; null while there is none. */
  readonly own: Float32Array | null;
  /** Whether each test image was ever named right since its class was first taught. */
  readonly wasRight: readonly boolean[];
}

/** A test image that the networks are asked about. */
interface AskedSample {
  readonly label: number;
  /** The task that first teaches its class. */
  readonly task: number;
}

/** What the networks are asked, and what they answer now. */
export interface Asked {
  /** Test images, one after another. */
  readonly images: Uint8Array;
  readonly samples: readonly AskedSample[];
  readonly own: OwnImage | null;
  /** The number of the latest own image, so that every change gets a new one. */
  readonly lastOwn: number;
  /** The step after which the answers were given. */
  readonly step: number;
  readonly lanes: readonly LaneAsked[];
  /** What was right once at the latest checkpoint, by lane, for a run that goes on from there. */
  readonly onceRight: OnceRight;
}

/** By lane, whether each test image was ever named right. */
export type OnceRight = readonly (readonly boolean[])[];

/** Before anything was asked. */
export const nothingAsked: Asked = {
  images: new Uint8Array(),
  samples: [],
  own: null,
  lastOwn: 0,
  step: 0,
  lanes: [],
  onceRight: [],
};

/**
 * At the start of a run: the same questions as before on the same scenario, and no answers.
 *
 * @param onceRight what was right once where the run goes on; nothing at its beginning
 */
export function askedAnew(asked: Asked, sameScenario: boolean, onceRight: OnceRight = []): Asked {
  const { lastOwn } = asked;
  return sameScenario ? { ...asked, step: 0, lanes: [], onceRight } : { ...nothingAsked, lastOwn, onceRight };
}

/** At a checkpoint: a run that goes on from there knows what was right once. */
export function askedAtCheckpoint(asked: Asked): Asked {
  return asked.lanes.length === 0 ? asked : { ...asked, onceRight: asked.lanes.map(({ wasRight }) => wasRight) };
}

/** The viewer's own image in the place of the one before, or none. */
export function withOwn(asked: Asked, pixels: Uint8Array | null): Asked {
  if (pixels === null) return { ...asked, own: null, lanes: asked.lanes.map((lane) => ({ ...lane, own: null })) };
  const id = asked.lastOwn + 1;
  return { ...asked, own: { id, pixels }, lastOwn: id };
}

/** The number of the task that a step belongs to. */
function taskOf(step: number, { tasks }: Pick<ShownRun, 'tasks'>): number {
  let last = 0;
  for (const task of tasks) {
    last += task.steps;
    if (step <= last) return task.number;
  }
  return tasks.at(-1)?.number ?? 1;
}

/** What of a run decides how an answer stands; a step changes none of it. */
export interface AskedRun extends Pick<ShownRun, 'tasks' | 'classNames'> {
  readonly lanes: readonly Pick<LaneState, 'method'>[];
}

/** Whether a lane has been taught a sample's class by a step: a stream without an order of tasks teaches all at once. */
function isTaught(sample: AskedSample, lane: number, step: number, run: AskedRun): boolean {
  const method = run.lanes.at(lane)?.method;
  if (step === 0 || method === undefined) return false;
  return methods[method].stream.kind === 'iid' || sample.task <= taskOf(step, run);
}

/** The class with the highest probability, the first of equal ones, and that probability; null where there is no answer. */
export function answerOf(
  probabilities: Float32Array | null,
  image: number,
  classes: number,
): { readonly label: number; readonly certainty: number } | null {
  if (probabilities === null) return null;
  const start = image * classes;
  const end = Math.min(start + classes, probabilities.length);
  if (end <= start) return null;
  // By hand: it is asked for every image of every lane, once a second and more.
  let most = start;
  for (let at = start; at < end; at += 1) {
    if (!Number.isFinite(probabilities[at])) return null;
    if (probabilities[at] > probabilities[most]) most = at;
  }
  return { label: most - start, certainty: probabilities[most] };
}

/** How an answer to a test image stands. */
export type Standing =
  /** The class has not been taught yet, whatever the answer. */
  | 'untaught'
  | 'right'
  /** Wrong now, and right before. */
  | 'forgotten'
  /** Taught, and never right so far. */
  | 'wrong';

/** How a lane's present answer to a test image stands; null where there is no answer. */
export function standingOf(asked: Asked, image: number, lane: number, run: AskedRun): Standing | null {
  const sample = asked.samples[image];
  const answers = asked.lanes.at(lane);
  const answer = answerOf(answers?.tests ?? null, image, run.classNames.length);
  if (answer === null) return null;
  if (!isTaught(sample, lane, asked.step, run)) return 'untaught';
  if (answer.label === sample.label) return 'right';
  return answers?.wasRight[image] === true ? 'forgotten' : 'wrong';
}

/** After the questions of a run have come. */
export function withQuestions(asked: Asked, { images, samples }: Extract<Report, { kind: 'questions' }>): Asked {
  return { ...asked, images, samples, step: 0, lanes: [] };
}

/** After some answers have come. Those about an own image that has changed meanwhile are left. */
export function withAnswers(asked: Asked, report: Extract<Report, { kind: 'answers' }>, run: AskedRun): Asked {
  const current = report.own !== null && report.own === asked.own?.id;
  const lanes = report.lanes.map((answers, lane): LaneAsked => {
    const before = asked.lanes.at(lane);
    const tests = answers === null ? null : (answers.tests ?? before?.tests ?? null);
    const wasRight = asked.samples.map((sample, image) => {
      if ((before?.wasRight ?? asked.onceRight.at(lane))?.[image] === true) return true;
      const answer = answerOf(answers?.tests ?? null, image, run.classNames.length);
      return answer?.label === sample.label && isTaught(sample, lane, report.step, run);
    });
    return { tests, own: current ? (answers?.own ?? null) : (before?.own ?? null), wasRight };
  });
  const testsAsked = report.lanes.some((answers) => answers !== null && answers.tests !== null);
  return { ...asked, lanes, step: testsAsked ? report.step : asked.step };
}
