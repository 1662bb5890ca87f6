import { differingSettings, laneConfigs, type ScenarioName } from '../../core/config.ts';
import { methods } from '../../core/methods.ts';
import type { Family } from '../../core/methodEntry.ts';
import type { LabStore } from '../../state/store.ts';
import { taskRanges } from '../curves/curveRows.ts';
import { useLab, useLabItems } from '../parts/contexts.ts';
import { laneIdentity } from '../parts/laneIdentity.tsx';
import { classList, imageWord } from '../parts/words.ts';
import style from './Headline.module.css';
import { verdict } from './verdict.ts';

const streams: Readonly<Record<ScenarioName, string>> = {
  'split-mnist': 'The networks see the same digits once, two classes at a time',
  'permuted-mnist': 'The networks see the same digits, in each of ten tasks with the pixels shuffled in another way',
  'split-cifar10': 'The networks see the same images once, two classes at a time',
  'split-miniimagenet': 'The networks see the same images once, five classes at a time',
};

/** What a family of methods replays, in words; null for those that replay nothing. */
function replayed(family: Family, images: string): string | null {
  switch (family) {
    case 'replay':
      return `old ${images}`;
    case 'generative':
      return `made-up ${images}`;
    case 'hybrid':
      return 'stored latents';
    case 'plain':
    case 'bound':
    case 'constrained':
    case 'exemplars':
      return null;
    default:
      return family satisfies never;
  }
}

/** How the lanes differ, as the end of a sentence. */
function difference({ shown, config }: Pick<LabStore, 'shown' | 'config'>, images: string): string {
  const runs = shown?.runConfigs ?? laneConfigs(config);
  const families = [...new Set(runs.map(({ method }) => methods[method].family))];
  const what = families.length === 1 ? replayed(families[0], images) : null;
  if (what === null) return 'in how they keep from forgetting';
  const which = `in which ${what} they replay`;
  return differingSettings(runs).length > 0 ? `${which}, and in the settings that they name` : `only ${which}`;
}

/** What will be seen, and what to press. */
function invitation({ shown, config }: Pick<LabStore, 'shown' | 'config'>): string {
  const { scenario } = config;
  const words = difference({ shown, config }, imageWord(scenario));
  return `${streams[scenario]}; they differ ${words}. Press Play and watch who forgets.`;
}

/** What a lane does while no step is taken; null while none does. */
function preparation({ shown }: Pick<LabStore, 'shown'>): string | null {
  const preparing = shown?.preparing ?? null;
  if (shown === null || preparing === null) return null;
  const { letter } = laneIdentity(preparing.lane);
  // The next step is the first of its task.
  const task = taskRanges(shown.tasks).find(({ start }) => start === shown.step)?.number ?? shown.task;
  return `Lane ${letter} trains its autoencoder on the whole of task ${task} before the first step: ${Math.floor(100 * preparing.done)}%.`;
}

/** What to look at now, and how sure it is. */
function headline({ shown, config }: LabStore): { readonly text: string; readonly aside: string | null } {
  const busy = preparation({ shown });
  if (busy !== null) return { text: busy, aside: null };
  if (shown === null || shown.step === 0) return { text: invitation({ shown, config }), aside: null };
  if (shown.lanes.every((lane) => lane.stopped !== null)) {
    return { text: 'Every lane has stopped before its end; each says why.', aside: null };
  }
  const found = verdict(shown);
  if (found !== null) return { text: found, aside: 'One run, one seed.' };
  if (
    shown.tasks.length > 0 &&
    shown.lanes.some((lane) => methods[lane.method].stream.kind === 'sequential') &&
    shown.task === 1
  ) {
    const { classes } = shown.tasks[0];
    const known =
      classes.length <= 2 ? classList(classes, shown.classNames) : `the ${imageWord(config.scenario)} of task 1`;
    return {
      text: `Task 1: nothing to forget yet. When task 2 begins, watch whether ${known} are still known.`,
      aside: null,
    };
  }
  return { text: invitation({ shown, config }), aside: null };
}

/** One line above the panels: what to watch, and then what is being seen. */
export function Headline() {
  const { text, aside } = useLabItems(headline);
  const bannerInstead = useLab(
    ({ phase, opening, shown }) =>
      opening !== null ||
      (phase.kind === 'loading' && phase.progress !== null) ||
      (phase.kind === 'failed' && (shown === null || shown.step === 0)),
  );
  if (bannerInstead) return null;
  return (
    <p className={style.headline}>
      {text} {aside !== null && <span className={style.aside}>{aside}</span>}
    </p>
  );
}
