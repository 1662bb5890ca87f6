import { DataPicker } from '../data/DataPicker.tsx';
import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import { ReadingProgress } from './ReadingProgress.tsx';
import style from './PhaseBanner.module.css';

/** What stands between the viewer and a run: loading, a failure, or an imported file. */
export function PhaseBanner() {
  const phase = useLab((state) => state.phase);
  const somethingMeasured = useLab(({ shown }) => shown?.lanes.some((lane) => lane.evaluations.length > 0) ?? false);
  const actions = useLabActions();
  switch (phase.kind) {
    case 'loading':
      return phase.progress === null ? null : <ReadingProgress progress={phase.progress} />;
    case 'failed':
    case 'lost':
      return (
        <div role="alert" className={style.banner} data-tone="bad">
          <p>
            <strong>
              {phase.kind === 'lost'
                ? 'The worker no longer answers.'
                : somethingMeasured
                  ? 'The run has stopped.'
                  : 'The run cannot start.'}
            </strong>{' '}
            {phase.failure.message}
            {somethingMeasured && ' What was measured so far stays until you start again.'}
          </p>
          {phase.kind === 'failed' && phase.failure.name === 'DataError' && <DataPicker />}
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
