import { useLab, useLabActions } from '../LabContext.ts';
import { megabytes } from '../numberFormat.ts';
import { Button } from '../parts/Button.tsx';
import style from './PhaseBanner.module.css';

/** What stands between the viewer and a run: loading, a failure, or an imported file. */
export function PhaseBanner() {
  const phase = useLab((state) => state.phase);
  const somethingShown = useLab(({ shown }) => shown !== null);
  const actions = useLabActions();
  switch (phase.kind) {
    case 'loading': {
      const { progress } = phase;
      if (progress === null) return null;
      const known = progress.total > 0;
      return (
        <label className={style.loading}>
          <span>{progress.what}</span>
          <progress {...(known ? { value: progress.loaded, max: progress.total } : {})} />
          {known && (
            <span className={style.amount}>
              {megabytes(progress.loaded)} of {megabytes(progress.total)}
            </span>
          )}
        </label>
      );
    }
    case 'failed':
    case 'lost':
      return (
        <div role="alert" className={style.banner} data-tone="bad">
          <p>
            <strong>{phase.kind === 'lost' ? 'The worker no longer answers.' : 'The run has stopped.'}</strong>{' '}
            {phase.failure.message}
            {somethingShown && ' What was measured so far stays until you start again.'}
          </p>
          <Button tone="primary" onClick={() => actions.startAgain()}>
            Start again
          </Button>
        </div>
      );
    case 'imported':
      return (
        <div className={style.banner}>
          <p>
            Showing <strong>{phase.fileName}</strong>, a run from a file. Nothing trains.
          </p>
          <Button tone="primary" onClick={() => actions.startAgain()}>
            Start a new run
          </Button>
        </div>
      );
    case 'paused':
    case 'playing':
    case 'finished':
      return null;
    default:
      return phase satisfies never;
  }
}
