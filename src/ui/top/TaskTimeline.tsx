import { memo } from 'react';
import { type ScenarioName, scenarioNames } from '../../core/config.ts';
import type { TaskReport } from '../../core/events.ts';
import { say } from '../../texts/say.ts';
import { taskRanges } from '../curves/curveRows.ts';
import choice from '../parts/Choice.module.css';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { classList, scenarioWords } from '../parts/words.ts';
import style from './TaskTimeline.module.css';

type Standing = 'learnt' | 'learning' | 'toCome';

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
      className={style.task}
      data-standing={standing}
      aria-current={standing === 'learning' ? 'step' : undefined}
      style={{ '--done': `${percentDone}%` } as React.CSSProperties}
      title={say('top.tasks.title', { number: task.number, classes })}
    >
      <span className={style.name}>
        <span className={room === 'few' ? undefined : 'hidden-text'}>{say('top.tasks.word')} </span>
        {task.number}
      </span>
      <span className="hidden-text">{say('top.tasks.classes', { classes })}</span>
      <span className={style.pictures} aria-hidden="true">
        {images !== undefined &&
          Array.from({ length: room === 'crowd' ? Math.min(1, pictures) : pictures }, (_, index) => (
            <Thumbnail key={index} pixels={images} index={index} shape={shape} className={style.picture} />
          ))}
      </span>
      <span className={room === 'few' ? style.standing : 'hidden-text'}>{say(`top.tasks.standing.${standing}`)}</span>
    </li>
  );
});

/** The dataset, and how it is split into the tasks beside it. */
export function ScenarioChoice() {
  const actions = useLabActions();
  const scenario = useLab((state) => state.config.scenario);
  return (
    <select
      aria-label={say('top.scenario')}
      className={`${choice.select} ${style.scenario}`}
      value={scenario}
      onChange={(event) => actions.applySettings({ scenario: event.target.value as ScenarioName })}
    >
      {scenarioNames.map((name) => (
        <option key={name} value={name}>
          {scenarioWords[name]}
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
  const room = roomFor(tasks.length);
  if (!shape) return <ol className={style.line} data-spot="tasks" aria-label={say('top.tasks.label')} />;
  return (
    <ol className={style.line} data-spot="tasks" aria-label={say('top.tasks.label')} data-room={room}>
      {taskRanges(tasks).map(({ start, end }, index) => {
        const standing = step >= end ? 'learnt' : step >= start ? 'learning' : 'toCome';
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
