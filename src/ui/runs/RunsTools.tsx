import { History, Undo2 } from 'lucide-react';
import { nextSeed } from '../../state/store.ts';
import { Button } from '../parts/Button.tsx';
import { useLab, useRuns, useRunsActions } from '../parts/contexts.ts';
import style from './Runs.module.css';

/** The id of the region "Runs". */
export const regionId = 'kept-runs';

/** What takes the latest change back, and what opens the list of runs. */
export function RunsTools() {
  const { undo, setOpen } = useRunsActions();
  const step = useRuns(({ undoSteps }) => undoSteps.at(-1) ?? null);
  const open = useRuns((state) => state.open);
  return (
    <>
      <Button
        icon={<Undo2 />}
        caption="Undo"
        disabled={step === null}
        onClick={undo}
        tip={step === null ? 'Nothing to take back yet' : step.words}
      />
      <Button
        icon={<History />}
        caption="Runs"
        aria-expanded={open}
        aria-controls={open ? regionId : undefined}
        onClick={() => setOpen(!open)}
        tip="Earlier runs of this browser: show one, or draw it behind the present one"
      />
    </>
  );
}

/** The word on Play; at the end of a run also what it does: the result stays, and the next seed begins. */
export function PlayWords() {
  const seed = useLab(({ phase, config }) => (phase.kind === 'finished' ? nextSeed(config.seed) : null));
  return (
    <span className={style.play}>
      Play
      {seed !== null && (
        <span aria-hidden="true" className={style.again}>
          again, seed {seed}
        </span>
      )}
    </span>
  );
}
