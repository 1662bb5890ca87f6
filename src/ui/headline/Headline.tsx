import { useLab, useLabItems } from '../LabContext.ts';
import { verdict } from './verdict.ts';
import { seesTasksInOrder } from '../words.ts';
import type { LabStore } from '../../state/labActions.ts';
import style from './Headline.module.css';

const invitation =
  'The networks see the same digits once, two classes at a time; they differ only in which old digits they replay. Press Play and watch who forgets.';

/** What to look at now, and how sure it is. */
function headline({ shown }: LabStore): { readonly text: string; readonly aside: string | null } {
  if (shown === null || shown.step === 0) return { text: invitation, aside: null };
  const found = verdict(shown);
  if (found !== null) return { text: found, aside: 'One run, one seed.' };
  if (shown.tasks.length > 0 && shown.lanes.some((lane) => seesTasksInOrder(lane.method)) && shown.task === 1) {
    const classes = shown.tasks[0].classes.map((label) => shown.classNames[label] ?? label).join(' and ');
    return {
      text: `Task 1: nothing to forget yet. When task 2 begins, watch whether ${classes} are still known.`,
      aside: null,
    };
  }
  return { text: invitation, aside: null };
}

/** One line above the panels: what to watch, and then what is being seen. */
export function Headline() {
  const { text, aside } = useLabItems(headline);
  const loading = useLab(({ phase }) => phase.kind === 'loading' && phase.progress !== null);
  if (loading) return null;
  return (
    <p className={style.headline}>
      {text} {aside !== null && <span className={style.aside}>{aside}</span>}
    </p>
  );
}
