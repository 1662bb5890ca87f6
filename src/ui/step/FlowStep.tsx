import type { ReactNode } from 'react';
import style from './StepPanel.module.css';

/** One part of a training step. */
export function FlowStep({
  title,
  idle = false,
  children,
}: {
  readonly title: string;
  /** Whether this part takes no part in the lane's steps. */
  readonly idle?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className={style.step} data-idle={idle}>
      <h3>{title}</h3>
      {children}
    </li>
  );
}
