import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import style from './PartialDataDialog.module.css';

/** Asks whether to use what is whole of the viewer's own data, where not all of it is. */
export function PartialDataDialog() {
  const partial = useLab((state) => state.partialData);
  const actions = useLabActions();
  if (partial === null) return null;
  const leave = () => actions.usePartialData(false);
  return (
    <Dialog title="Not all of this data is as it should be" onClose={leave}>
      <div className={style.text}>
        <p>
          What is whole: <strong>{partial.description}</strong>.
        </p>
        <ul className={style.problems} aria-label="Problems">
          {partial.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
        <p>Results on part of the data cannot be compared with the paper’s.</p>
        <div className={style.choice}>
          <Button onClick={leave}>Leave it</Button>
          <Button tone="primary" onClick={() => actions.usePartialData(true)}>
            Use what is whole
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
