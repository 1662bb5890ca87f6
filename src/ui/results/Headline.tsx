import { differingSettings, type ExperimentConfig, laneConfigs } from '../../core/config.ts';
import type { EvaluationEvent, TaskReport } from '../../core/events.ts';
import { initialRetrieval, methods } from '../../core/methods.ts';
import type { ShownRun } from '../../state/labState.ts';
import { list, number, percentage } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { type TaskRange, taskRanges } from '../curves/curveRows.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { useRoom } from '../parts/room.ts';
import { unbroken } from '../parts/Said.tsx';
import { imageWord, wholeShare } from '../parts/words.ts';
import { knowledge, remembered, verdict, laneNames, replayWords, taskContents } from './memoryOfLanes.ts';
import { watchesBoundary } from '../../state/thisBrowser.ts';
import { useLab, useLabActions, useLabItems } from '../parts/contexts.ts';
import style from './Headline.module.css';

/** What the page says above the lanes. */
interface Story {
  readonly text: string;
  /** On how many images it was tested, and when, as the table says, too: what is left out first. */
  readonly tested?: string;
  /** Whether `text` has numbers, which are then those of one seed only: that is never left out. */
  readonly measured?: boolean;
  /** What else is to be said; empty if nothing is. */
  readonly more: string;
}

/** The forms in which a story takes less room; Headline.module.css says what each leaves out. */
const shorterForms = 4;

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
      ? say('story.replaysOne', first)
      : same
        ? say('story.replayAll', { replays: first.replays })
        : say('story.replayEach', {
            ...first,
            others: others.map(({ name, replays }) => `${name} ${replays}`).join('; '),
          });
  return {
    text: say('story.invitation', { lanes: lanes.length, stream: say(`story.streams.${config.scenario}`, { images }) }),
    more: sentences(differ, differingSettings(runs).length > 0 ? say('story.settingsDiffer') : null),
  };
}

/** What a lane does while no step is taken; null while none does. */
function preparation(shown: ShownRun): Story | null {
  if (shown.preparing === null) return null;
  const { letter } = laneIdentity(shown.preparing.lane);
  // The next step is the first of its task.
  const task = taskRanges(shown.tasks).find(({ start }) => start === shown.step)?.number ?? shown.task;
  const done = percentage(Math.floor(100 * shown.preparing.done) / 100, 0);
  return {
    text: say('story.autoencoder', { letter, task, done }),
    more: '',
  };
}

/** Lanes that get all tasks shuffled together, or have stopped. */
function others(shown: ShownRun): string {
  const names = laneNames(shown.lanes);
  const shuffled = shown.lanes.flatMap((lane, index) => {
    const latest = lane.evaluations.at(-1);
    const isShuffled = methods[lane.method].stream.kind === 'iid';
    return isShuffled && lane.stopped === null && latest !== undefined && latest.step > 0
      ? [say('story.shuffledKnows', { name: names[index], share: wholeShare(latest.averageAccuracy) })]
      : [];
  });
  const stopped = names.filter((_, index) => shown.lanes[index].stopped !== null);
  return sentences(
    ...shuffled,
    stopped.length === 0 ? null : say('story.haveStopped', { names: list(stopped), count: stopped.length }),
  );
}

function howTested({ step, set, testImages }: EvaluationEvent): string {
  return set === 'complete'
    ? say('story.testedComplete', { step })
    : say('story.testedSubset', { step, images: number(testImages) });
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
    text: say('story.allShuffled'),
    ...(tested === undefined ? {} : { tested: howTested(tested), measured: true }),
    more: others(shown),
  };
}

/** What a run in the middle of its stream, or at its end, shows at this step. */
function course(shown: ShownRun, range: TaskRange, images: string): Story {
  const { tasks, step, totalSteps, classNames } = shown;
  const contents = (some: readonly TaskReport[]) => taskContents(some, tasks, classNames, images);
  const task = range.number;
  const current = contents(tasks.slice(task - 1, task));
  const previous = task > 1 ? contents(tasks.slice(task - 2, task - 1)) : '';
  const past = contents(tasks.slice(0, Math.max(1, task - 1)));
  const more = others(shown);

  if (task === 1) {
    const lanes = remembered(shown, 1);
    const tested = lanes.at(0)?.evaluation;
    if (step === range.end && tested?.step === step) {
      const learnt = lanes.map((lane) => ({ ...lane, best: lane.past }));
      return {
        text: say('story.firstEnds', { knowledge: knowledge(learnt, current, false), current }),
        tested: howTested(tested),
        measured: true,
        more,
      };
    }
    return {
      text: say('story.first', { lanes: shown.lanes.length, current }),
      more: sentences(step < range.end ? say('story.afterFirst', { end: range.end, current }) : null, more),
    };
  }

  const lanes = remembered(shown, task - 1);
  const tested = lanes.at(0)?.evaluation;
  if (tested === undefined || tested.task !== task) {
    const next = nextTest(step, range, shown.evaluation?.interval);
    return {
      text: say('story.onlyCurrent', { task, current, previous }),
      more: sentences(step < range.end ? say('story.nextTest', { next, past }) : null, more),
    };
  }
  const how = { tested: howTested(tested), measured: true, more };
  if (step >= totalSteps && tested.step === step) {
    return {
      text: sentences(say('story.atTheEnd', { knowledge: knowledge(lanes, past, false) }), verdict(lanes)),
      measured: true,
      more,
    };
  }
  if (step === range.end && tested.step === step) {
    const next = contents(tasks.slice(task, task + 1));
    return { text: say('story.taskEnds', { task, knowledge: knowledge(lanes, past, false), next }), ...how };
  }
  return {
    text: say('story.course', { task, previous, knowledge: knowledge(lanes, past, task === 2) }),
    ...how,
  };
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
    return { text: say('story.allStopped'), more: '' };
  }
  if (shown.lanes.every((lane) => methods[lane.method].stream.kind === 'iid')) return shuffledStory(shown);
  const range = taskRanges(shown.tasks).find(({ number }) => number === shown.task);
  if (range === undefined) return invitation(shown, shown.config);
  return course(shown, range, imageWord(shown.config.scenario, shown.classNames));
}

/** What to watch, and then what is being seen. */
export function Headline() {
  const { text, tested, measured, more } = useLabItems(({ shown, config }) => story(shown, config));
  const slow = useLab(watchesBoundary);
  const actions = useLabActions();
  const bannerInstead = useLab(
    ({ phase, opening, shown }) =>
      opening !== null ||
      (phase.kind === 'loading' && phase.progress !== null) ||
      (phase.kind === 'failed' && (shown === null || shown.step === 0)),
  );
  const headline = useRoom<HTMLParagraphElement>(shorterForms, `${text} ${tested} ${more} ${slow} ${bannerInstead}`);
  if (bannerInstead) return null;
  return (
    <p ref={headline} className={style.headline} data-spot="headline">
      <strong>{unbroken(text)}</strong>{' '}
      {slow ? (
        <span className={style.aside}>
          {say('story.slowed')}{' '}
          <button type="button" className={style.hurry} onClick={() => actions.hurry()}>
            {say('story.hurry')}
          </button>
        </span>
      ) : (
        <span className={style.aside}>
          {tested !== undefined && <span className={style.tested}>{unbroken(tested)} </span>}
          {measured && say('story.oneRun')}
          {more !== '' && <span className={style.more}> {unbroken(more)}</span>}
        </span>
      )}
    </p>
  );
}
