import { memo } from 'react';
import type { TaskReport } from '../../engine/events.ts';
import { taskRanges } from '../curves/curveMarks.ts';
import { useLab } from '../LabContext.ts';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import style from './TaskTimeline.module.css';

type Standing = 'learnt' | 'learning' | 'to come';

const TaskChip = memo(function TaskChip({
  task,
  standing,
  percentDone,
  classImages,
  classNames,
  shape,
}: {
  readonly task: TaskReport;
  readonly standing: Standing;
  /** Whole percent, so that the chip renders at most a hundred times a task. */
  readonly percentDone: number;
  readonly classImages: readonly Uint8Array[];
  readonly classNames: readonly string[];
  readonly shape: readonly [number, number, number];
}) {
  const size = shape[0] * shape[1] * shape[2];
  return (
    <li
      className={style.task}
      data-standing={standing}
      aria-current={standing === 'learning' ? 'step' : undefined}
      style={{ '--done': `${percentDone}%` } as React.CSSProperties}
    >
      <span className={style.name}>Task {task.number}</span>
      <span className="hidden-text">: classes {task.classes.map((label) => classNames[label] ?? label).join(' and ')},</span>
      <span className={style.digits} aria-hidden="true">
        {task.classes.map((label) =>
          (classImages[label]?.length ?? 0) >= size ? (
            <Thumbnail key={label} pixels={classImages[label]} index={0} shape={shape} className={style.digit} />
          ) : (
            <span key={label} className={style.label}>
              {classNames[label] ?? label}
            </span>
          ),
        )}
      </span>
      <span className={style.standing}>{standing}</span>
    </li>
  );
});

/** The tasks in the order of the stream, with what their images look like and which are learnt. */
export function TaskTimeline() {
  const tasks = useLab((state) => state.shown?.tasks) ?? [];
  const classImages = useLab((state) => state.classImages);
  const classNames = useLab((state) => state.shown?.classNames) ?? [];
  const shape = useLab((state) => state.shown?.imageShape);
  const step = useLab((state) => state.shown?.step ?? 0);
  if (!shape) return <ol className={style.line} aria-label="Tasks" />;
  return (
    <ol className={style.line} aria-label="Tasks">
      {taskRanges(tasks).map(({ start, end }, index) => {
        const standing = step >= end ? 'learnt' : step >= start ? 'learning' : 'to come';
        const done = Math.floor((100 * Math.min(Math.max(step - start, 0), end - start)) / (end - start));
        return (
          <TaskChip
            key={tasks[index].number}
            task={tasks[index]}
            standing={standing}
            percentDone={done}
            classImages={classImages}
            classNames={classNames}
            shape={shape}
          />
        );
      })}
    </ol>
  );
}
