import { differingSettings, type ExperimentConfig, laneConfigs, type ScenarioName } from '../../core/config.ts';
import type { EvaluationEvent, TaskReport } from '../../core/events.ts';
import { initialRetrieval, methods } from '../../core/methods.ts';
import type { ShownRun } from '../../state/labState.ts';
import { type TaskRange, taskRanges } from '../curves/curveRows.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { imageWord, wholeShare } from '../parts/words.ts';
import { knowledge, remembered, verdict, laneNames, nameList, replayWords, taskContents } from './memoryOfLanes.ts';
import { watchesBoundary } from '../../state/firstVisit.ts';
import { useLab, useLabActions, useLabItems } from '../parts/contexts.ts';
import style from './Headline.module.css';

/** What the page says above the lanes. */
interface Story {
  readonly text: string;
  /** How it is known, and what else is to be said; empty if nothing is. */
  readonly aside: string;
}

const streams: Readonly<Record<ScenarioName, string>> = {
  'split-mnist': 'the same digits once, two classes at a time',
  'permuted-mnist': 'the same digits once, in each of ten tasks with the pixels shuffled in another way',
  'split-cifar10': 'the same images once, two classes at a time',
  'split-miniimagenet': 'the same images once, five classes at a time',
};

function sentences(...parts: readonly (string | null)[]): string {
  return parts.filter((part) => part !== null && part !== '').join(' ');
}

/** What will be seen, and what to press. */
function invitation(shown: ShownRun | null, config: ExperimentConfig): Story {
  const lanes = shown?.lanes ?? config.lanes.map((method) => ({ method, retrieval: initialRetrieval(method) }));
  const runs = shown?.runConfigs ?? laneConfigs(config);
  const names = laneNames(lanes);
  const images = imageWord(config.scenario, shown?.classNames);
  const [first, ...others] = lanes.map((lane, index) => ({ name: names[index], replays: replayWords(lane, images) }));
  const same = others.every(({ replays }) => replays === first.replays);
  const differ =
    others.length === 0
      ? `${first.name} replays ${first.replays}.`
      : same
        ? `All replay ${first.replays}.`
        : `${first.name} replays ${first.replays}; ${others.map(({ name, replays }) => `${name} ${replays}`).join('; ')}.`;
  const subject = lanes.length === 1 ? 'A network sees' : `${['Two', 'Three', 'Four'][lanes.length - 2]} networks see`;
  return {
    text: `${subject} ${streams[config.scenario].replace('digits', images)}. Press Play and watch ${lanes.length === 1 ? 'whether it forgets' : 'who forgets'}.`,
    aside: sentences(
      differ,
      differingSettings(runs).length > 0 ? 'Their settings differ, too, as each lane says.' : null,
    ),
  };
}

/** What a lane does while no step is taken; null while none does. */
function preparation(shown: ShownRun): Story | null {
  if (shown.preparing === null) return null;
  const { letter } = laneIdentity(shown.preparing.lane);
  // The next step is the first of its task.
  const task = taskRanges(shown.tasks).find(({ start }) => start === shown.step)?.number ?? shown.task;
  const done = Math.floor(100 * shown.preparing.done);
  return {
    text: `Lane ${letter} trains its autoencoder on the whole of task ${task} before the first step: ${done}%.`,
    aside: '',
  };
}

/** Lanes that get all tasks shuffled together, or have stopped. */
function others(shown: ShownRun): string {
  const names = laneNames(shown.lanes);
  const shuffled = shown.lanes.flatMap((lane, index) => {
    const latest = lane.evaluations.at(-1);
    const isShuffled = methods[lane.method].stream.kind === 'iid';
    return isShuffled && lane.stopped === null && latest !== undefined && latest.step > 0
      ? [`${names[index]}, which gets all tasks shuffled together, knows ${wholeShare(latest.averageAccuracy)} of all.`]
      : [];
  });
  const stopped = names.filter((_, index) => shown.lanes[index].stopped !== null);
  return sentences(
    ...shuffled,
    stopped.length === 0 ? null : `${nameList(stopped)} ${stopped.length === 1 ? 'has' : 'have'} stopped.`,
  );
}

function howTested({ step, set, testImages }: EvaluationEvent): string {
  const on = set === 'complete' ? 'on the complete test set' : `on ${testImages.toLocaleString('en')} test images`;
  return `Tested after step ${step}, ${on}. One run, one seed.`;
}

/** The step of the next test after `step`. */
function nextTest(step: number, range: TaskRange, interval: number | undefined): number {
  const next = interval === undefined ? range.end : interval * (Math.floor(step / interval) + 1);
  return Math.min(range.end, next);
}

/** A run whose lanes all get the tasks shuffled together. */
function shuffledStory(shown: ShownRun): Story {
  const latest = shown.lanes.map(({ evaluations }) => evaluations.at(-1));
  const tested = latest.find((evaluation) => evaluation !== undefined && evaluation.step > 0);
  return {
    text: 'All tasks come shuffled together: nothing stops coming, so nothing is to be forgotten.',
    aside: sentences(others(shown), tested === undefined ? null : howTested(tested)),
  };
}

/** What a run in the middle of its stream, or at its end, shows at this step. */
function course(shown: ShownRun, range: TaskRange, images: string): Story {
  const { tasks, step, totalSteps, classNames } = shown;
  const contents = (some: readonly TaskReport[]) => taskContents(some, tasks, classNames, images);
  const { number } = range;
  const current = contents(tasks.slice(number - 1, number));
  const previous = number > 1 ? contents(tasks.slice(number - 2, number - 1)) : '';
  const past = contents(tasks.slice(0, Math.max(1, number - 1)));
  const more = others(shown);

  if (number === 1) {
    const lanes = remembered(shown, 1);
    const tested = lanes.at(0)?.evaluation;
    if (step === range.end && tested?.step === step) {
      const learnt = lanes.map((lane) => ({ ...lane, best: lane.past }));
      return {
        text: `Task 1 ends. ${knowledge(learnt, current, false)}. From now on, ${current} no longer come.`,
        aside: sentences(howTested(tested), more),
      };
    }
    const subject = shown.lanes.length === 1 ? 'the network learns' : 'the networks learn';
    return {
      text: `Task 1: ${subject} ${current}. There is nothing old to forget yet.`,
      aside: sentences(
        step < range.end ? `After step ${range.end}, ${current} no longer come: watch who still knows them.` : null,
        more,
      ),
    };
  }

  const lanes = remembered(shown, number - 1);
  const tested = lanes.at(0)?.evaluation;
  if (tested === undefined || tested.task !== number) {
    const next = nextTest(step, range, shown.evaluation?.interval);
    return {
      text: `Task ${number}: only ${current} come, and ${previous} no longer.`,
      aside: sentences(
        step < range.end ? `The next test, after step ${next}, shows who still knows ${past}.` : null,
        more,
      ),
    };
  }
  const aside = sentences(howTested(tested), more);
  if (step >= totalSteps && tested.step === step) {
    return {
      text: sentences(`At the end ${knowledge(lanes, past, false)}.`, verdict(lanes)),
      aside: sentences('One run, one seed.', more),
    };
  }
  if (step === range.end && tested.step === step) {
    const next = contents(tasks.slice(number, number + 1));
    return { text: `Task ${number} ends. ${knowledge(lanes, past, false)}. Next come ${next}.`, aside };
  }
  return { text: `Task ${number}: ${previous} no longer come. ${knowledge(lanes, past, number === 2)}.`, aside };
}

/**
 * What is to be seen at this step, in plain words and in the order of the lanes: what is being learnt, what has just
 * stopped coming, who still knows what, and in the end who remembers most. It says when its numbers were measured, and
 * nothing that is not so at this step.
 *
 * @param shown null before the first run has started
 * @param config of the run that is shown, or will be
 */
export function story(shown: ShownRun | null, config: ExperimentConfig): Story {
  if (shown === null) return invitation(null, config);
  const busy = preparation(shown);
  if (busy !== null) return busy;
  if (shown.step === 0) return invitation(shown, shown.config);
  if (shown.lanes.every((lane) => lane.stopped !== null)) {
    return { text: 'Every lane has stopped before its end; each says why.', aside: '' };
  }
  if (shown.lanes.every((lane) => methods[lane.method].stream.kind === 'iid')) return shuffledStory(shown);
  const range = taskRanges(shown.tasks).find(({ number }) => number === shown.task);
  if (range === undefined) return invitation(shown, shown.config);
  return course(shown, range, imageWord(shown.config.scenario, shown.classNames));
}

/** More characters than this need smaller type to stay in two lines. */
const longText = 190;

/** What to watch, and then what is being seen. */
export function Headline() {
  const { text, aside } = useLabItems(({ shown, config }) => story(shown, config));
  const slow = useLab(watchesBoundary);
  const actions = useLabActions();
  const bannerInstead = useLab(
    ({ phase, opening, shown }) =>
      opening !== null ||
      (phase.kind === 'loading' && phase.progress !== null) ||
      (phase.kind === 'failed' && (shown === null || shown.step === 0)),
  );
  if (bannerInstead) return null;
  return (
    <p className={style.headline} data-headline="" data-long={text.length + aside.length > longText}>
      <strong>{text}</strong>{' '}
      {slow ? (
        <span className={style.aside}>
          Slowed down for a few steps, to watch this once.{' '}
          <button type="button" className={style.hurry} onClick={() => actions.hurry()}>
            Go on at full speed
          </button>
        </span>
      ) : (
        <span className={style.aside}>{aside}</span>
      )}
    </p>
  );
}
