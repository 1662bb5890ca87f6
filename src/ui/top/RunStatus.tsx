import { Popover } from '@base-ui/react/popover';
import { Info } from 'lucide-react';
import { useEffect, useState, memo } from 'react';
import { fixed, percentage } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { datasetName, isPaperData } from '../../core/dataset.ts';
import { type StepTime, stepTimeWords, type TaskReport } from '../../core/events.ts';
import { watchesBoundary } from '../../state/thisBrowser.ts';
import { useLab, useLabItems, useLabStore, useLabActions, useNamingRun } from '../parts/contexts.ts';
import popup from '../parts/Popup.module.css';
import { backendWords, classList, megabytes, rate, scenarioNameBeside } from '../parts/words.ts';
import badgeStyle from './BackendBadge.module.css';
import style from './RunStatus.module.css';
import { type ScenarioName, scenarioNames } from '../../core/config.ts';
import { scenarios } from '../../core/scenarios.ts';
import { taskRanges } from '../curves/curveRows.ts';
import choice from '../parts/Choice.module.css';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import taskTimelineStyle from './TaskTimeline.module.css';

/** Runs that take less, in seconds, need no words. */
const shortRun = 10;
/** How much of a new rate counts, each time that one is heard: old ones fade in a few seconds. */
const weight = 0.15;
/** Milliseconds after which a rate that is heard no longer holds slower steps: it is a mean over the last second. */
const rateForgets = 1_500;

/** What a run's speed was lately. */
interface Rate {
  /** Smoothed, in steps per second; null until there is one. */
  readonly perSecond: number | null;
}

export const noRate: Rate = { perSecond: null };

/** The rate after another measurement: each counts for a part, so that what is made of it does not jump. */
export function rateAfter({ perSecond }: Rate, measured: number): Rate {
  if (measured <= 0) return { perSecond };
  // Of times, not of speeds: a slow step counts for as long as it took.
  return { perSecond: perSecond === null ? measured : 1 / ((1 - weight) / perSecond + weight / measured) };
}

/** "about 20 s left"; null where the whole run takes no more than ten seconds, or nothing is known. */
export function timeLeft({ perSecond }: Rate, step: number, totalSteps: number): string | null {
  if (perSecond === null || totalSteps / perSecond <= shortRun || step >= totalSteps) return null;
  const seconds = (totalSteps - step) / perSecond;
  if (seconds < 5) return say('top.timeLeft.fewSeconds');
  if (seconds < 57.5) return say('top.timeLeft.seconds', { seconds: 5 * Math.round(seconds / 5) });
  if (seconds < 90) return say('top.timeLeft.minute');
  if (seconds < 3_570) return say('top.timeLeft.minutes', { minutes: Math.round(seconds / 60) });
  return say('top.timeLeft.hours', { hours: fixed(seconds / 3_600, 1) });
}

/** What steps took here on each backend, the quickest first: "WebGPU: 0.4 ms a step here, WASM 3 ms". */
export function measuredWords(measured: readonly StepTime[] = []): string | null {
  if (measured.length === 0) return null;
  const [best, ...others] = measured.toSorted((a, b) => a.milliseconds - b.milliseconds);
  return [
    say('top.backend.measured', { name: backendWords[best.name], time: stepTimeWords(best) }),
    ...others.map((time) => `${backendWords[time.name]} ${stepTimeWords(time)}`),
  ].join(', ');
}

/** Which backend computes; and if that is not the graphics hardware, why not and what to do about it. */
function BackendBadge() {
  const times = useLab(({ shown }) => measuredWords(shown?.backend?.measured));
  const backend = useLab(({ shown }) => shown?.backend ?? null);
  const failed = useLab(({ phase }) => phase.kind === 'failed');
  const wanted = useLab((state) => state.backendChoice);
  if (backend === null) return failed ? null : <span className={badgeStyle.badge}>{say('top.backend.starting')}</span>;
  const name = backendWords[backend.name];
  const directSteps = (backend.directSteps ?? []).join(' ');
  if (backend.hardware) {
    return (
      <span
        className={`${badgeStyle.badge} ${badgeStyle.gpu}`}
        title={[backend.device, times, directSteps].filter(Boolean).join('. ')}
      >
        {name} · {say('top.backend.gpu')}
        {directSteps !== '' && say('top.backend.notAllRecorded')}
      </span>
    );
  }
  return (
    <Popover.Root>
      <Popover.Trigger
        openOnHover
        className={`${badgeStyle.badge} ${badgeStyle.noGpu}`}
        aria-label={say('top.backend.whyNoGpu', { name })}
      >
        <span>
          {name}
          <span data-more=""> · {say('top.backend.noGpu')}</span>
        </span>
        <Info aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="start" className={popup.positioner}>
          <Popover.Popup className={popup.popup}>
            <Popover.Title className={badgeStyle.title}>
              {say('top.backend.runningOn', { name: name + (backend.device ? ` (${backend.device})` : '') })}
            </Popover.Title>
            <Popover.Description render={<div />} className={badgeStyle.text}>
              {wanted !== backend.name ? null : <p>{say('top.backend.askedFor')}</p>}
              {backend.passedOver.length > 0 && (
                <ul className={badgeStyle.reasons}>
                  {backend.passedOver.map(({ name: better, reason }) => (
                    <li key={better}>
                      <strong>{backendWords[better]}:</strong> {reason}
                    </li>
                  ))}
                </ul>
              )}
              {directSteps !== '' && <p>{directSteps}</p>}
              {times !== null && <p>{say('top.backend.quickest', { times })}</p>}
              {times === null && <p>{say('top.backend.remedy')}</p>}
            </Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** How long the run will still take, worked out twice a second while it plays. */
function useTimeLeft(): string | null {
  const store = useLabStore();
  const [words, setWords] = useState<string | null>(null);
  useEffect(() => {
    let rateSoFar = noRate;
    let run = store.getState().run;
    let slowedAt = Number.NEGATIVE_INFINITY;
    const timer = setInterval(() => {
      const state = store.getState();
      const { phase, stepsPerSecond, shown, run: current } = state;
      if (current !== run) rateSoFar = noRate;
      run = current;
      if (phase.kind !== 'playing' || shown === null) return;
      // A few steps slowed down on purpose say nothing of those that follow.
      if (watchesBoundary(state)) slowedAt = performance.now();
      if (performance.now() - slowedAt < rateForgets) return;
      rateSoFar = rateAfter(rateSoFar, stepsPerSecond);
      setWords(timeLeft(rateSoFar, shown.step, shown.totalSteps));
    }, 500);
    return () => clearInterval(timer);
  }, [store]);
  return words;
}

/** Steps per second of all that this run has played, once it stops; null before. */
function useMeanRate(): number | null {
  const store = useLabStore();
  const [mean, setMean] = useState<number | null>(null);
  useEffect(() => {
    let run = store.getState().run;
    let [steps, seconds] = [0, 0];
    let since: { readonly step: number; readonly at: number } | null = null;
    return store.subscribe(({ phase, shown, run: current }) => {
      if (current !== run) {
        [run, steps, seconds, since] = [current, 0, 0, null];
        setMean(null);
      }
      if (shown === null) return;
      if (phase.kind === 'playing') {
        since ??= { step: shown.step, at: performance.now() };
      } else if (since !== null) {
        steps += Math.max(0, shown.step - since.step);
        seconds += (performance.now() - since.at) / 1_000;
        since = null;
        setMean(steps > 0 ? steps / seconds : null);
      }
    });
  }, [store]);
  return mean;
}

/** Which step the run is at; no other part of the page changes at every one of them. */
function StepCount() {
  const at = useLabItems(({ shown }) =>
    shown && shown.tasks.length > 0
      ? { step: shown.step, steps: shown.totalSteps, task: shown.task, tasks: shown.tasks.length }
      : null,
  );
  const preparesCard = useLab(({ phase }) => phase.kind === 'loading' && phase.preparesCard === true);
  const failed = useLab(({ phase }) => phase.kind === 'failed');
  const playing = useLab(({ phase }) => phase.kind === 'playing');
  return (
    // While it plays, a screen reader would be told twenty times a second.
    <p role="status" aria-live={playing ? 'off' : 'polite'} className={style.step}>
      {preparesCard
        ? say('top.status.preparesCard')
        : at !== null
          ? say('top.status.step', at)
          : failed
            ? say('top.status.notReady')
            : say('top.status.gettingReady')}
    </p>
  );
}

/** What the run does beside its steps, or how fast they are. */
function Doing() {
  const playing = useLab(({ phase }) => phase.kind === 'playing');
  const evaluating = useLab(({ shown }) =>
    shown !== null && shown.evaluating !== null ? Math.floor(100 * shown.evaluating) / 100 : null,
  );
  const preparing = useLab(({ shown }) =>
    shown !== null && shown.preparing !== null ? Math.floor(100 * shown.preparing.done) / 100 : null,
  );
  const speed = useLab((state) => state.stepsPerSecond);
  const mean = useMeanRate();
  const fetching = useLab(({ phase }) => (phase.kind === 'playing' ? (phase.fetching ?? null) : null));
  const said =
    fetching !== null
      ? say('top.status.fetching', { loaded: megabytes(fetching.loaded), total: megabytes(fetching.total) })
      : preparing !== null
        ? say('top.status.autoencoder', { share: percentage(preparing, 0) })
        : evaluating !== null
          ? say('top.status.testing', { share: percentage(evaluating, 0) })
          : playing
            ? say('top.status.rate', { rate: rate(speed) })
            : mean && say('top.status.meanRate', { rate: rate(mean) });
  return said === null ? null : <span className={style.rate}>{said}</span>;
}

/** How long the run still takes, while it plays. */
function TimeLeft() {
  const playing = useLab(({ phase }) => phase.kind === 'playing');
  const left = useTimeLeft();
  return playing && left !== null ? <span className={style.left}>{left}</span> : null;
}

/** How far the run is, on which backend, how fast, and how long it still takes. */
export function RunStatus() {
  const otherData = useLab(({ shown }) => (shown?.data && !isPaperData(shown.data) ? datasetName(shown.data) : null));
  return (
    <div className={style.block}>
      <StepCount />
      <p className={style.machine}>
        {otherData !== null && <span>{otherData}</span>}
        <BackendBadge />
        <TimeLeft />
        <Doing />
      </p>
    </div>
  );
}

type Standing = 'learnt' | 'learning' | 'next' | 'toCome';

/** How much a chip can show: few tasks have room for words, many for a number and pictures, a crowd for one picture. */
type Room = 'few' | 'many' | 'crowd';

function roomFor(tasks: number): Room {
  if (tasks <= 6) return 'few';
  return tasks <= 12 ? 'many' : 'crowd';
}

const TaskChip = memo(function TaskChip({
  task,
  standing,
  percentDone,
  images,
  classNames,
  shape,
  room,
}: {
  readonly task: TaskReport;
  readonly standing: Standing;
  /** Whole percent, so that the chip renders at most a hundred times a task. */
  readonly percentDone: number;
  /** One of each of the task's first classes; undefined until they are there. */
  readonly images: Uint8Array | undefined;
  readonly classNames: readonly string[];
  readonly shape: readonly [number, number, number];
  readonly room: Room;
}) {
  const pictures = Math.floor((images?.length ?? 0) / (shape[0] * shape[1] * shape[2]));
  const classes = classList(task.classes, classNames);
  return (
    <li
      className={taskTimelineStyle.task}
      data-standing={standing}
      aria-current={standing === 'learning' ? 'step' : undefined}
      style={{ '--done': `${percentDone}%` } as React.CSSProperties}
      title={say('top.tasks.title', { number: task.number, classes })}
    >
      <span className={taskTimelineStyle.name}>
        <span className={room === 'few' ? undefined : 'hidden-text'}>{say('top.tasks.word')} </span>
        {task.number}
      </span>
      <span className="hidden-text">{say('top.tasks.classes', { classes })}</span>
      <span className={taskTimelineStyle.pictures} aria-hidden="true">
        {images !== undefined &&
          Array.from({ length: room === 'crowd' ? Math.min(1, pictures) : pictures }, (_, index) => (
            <Thumbnail key={index} pixels={images} index={index} shape={shape} className={taskTimelineStyle.picture} />
          ))}
      </span>
      <span className={room === 'few' ? taskTimelineStyle.standing : 'hidden-text'}>
        {say(`top.tasks.standing.${standing}`)}
      </span>
    </li>
  );
});

/** The dataset, and how it is split into the tasks beside it. */
export function ScenarioChoice() {
  const actions = useLabActions();
  const scenario = useLab((state) => state.config.scenario);
  const run = useNamingRun();
  return (
    <select
      aria-label={say('top.scenario')}
      className={`${choice.select} ${taskTimelineStyle.scenario}`}
      value={scenario}
      onChange={(event) => actions.applySettings({ scenario: event.target.value as ScenarioName })}
    >
      {scenarioNames.map((name) => (
        <option key={name} value={name}>
          {scenarioNameBeside(name, run)}
        </option>
      ))}
    </select>
  );
}

/** The tasks in the order of the stream, with what their images look like and which are learnt. */
export function TaskTimeline() {
  const tasks = useLab((state) => state.shown?.tasks) ?? [];
  const taskImages = useLab((state) => state.taskImages);
  const classNames = useLab((state) => state.shown?.classNames) ?? [];
  const shape = useLab((state) => state.shown?.imageShape);
  const step = useLab((state) => state.shown?.step ?? 0);
  const planned = useLab(({ config }) => scenarios[config.scenario].taskCount);
  const room = roomFor(tasks.length || planned);
  const line = {
    className: taskTimelineStyle.line,
    'aria-label': say('top.tasks.label'),
    'data-spot': 'tasks',
    'data-room': room,
  };
  if (!shape) return <ol {...line} />;
  return (
    <ol {...line}>
      {taskRanges(tasks).map(({ start, end }, index) => {
        const standing = step >= end ? 'learnt' : step > start ? 'learning' : step === start ? 'next' : 'toCome';
        const done = Math.floor((100 * Math.min(Math.max(step - start, 0), end - start)) / Math.max(1, end - start));
        return (
          <TaskChip
            key={tasks[index].number}
            task={tasks[index]}
            standing={standing}
            percentDone={done}
            images={taskImages.at(index)}
            classNames={classNames}
            shape={shape}
            room={room}
          />
        );
      })}
    </ol>
  );
}
