import { underWay } from '../../state/sweepStore.ts';
import banner from '../notices/PhaseBanner.module.css';
import { Button } from '../parts/Button.tsx';
import { useSweep, useSweepActions } from './SweepContext.ts';
import { planWords } from './sweepWords.ts';

/** What stands in the way of a sweep: a reason why nothing can start, or another sweep that was left unfinished. */
export function SweepBanner() {
  const phase = useSweep((state) => state.phase);
  const leftOver = useSweep((state) => state.leftOver);
  const { run, takeLeftOver, dropLeftOver } = useSweepActions();
  if (phase.kind === 'blocked') {
    return (
      <div role="alert" className={banner.banner} data-tone="bad">
        <p>
          <strong>No run could start.</strong> {phase.failure.message} Finished runs are kept.
        </p>
        <Button tone="primary" onClick={run}>
          Try again
        </Button>
      </div>
    );
  }
  if (leftOver === null || underWay(phase)) return null;
  return (
    <div className={banner.banner}>
      <p>
        <strong>A sweep was left unfinished.</strong> {planWords(leftOver.plan)}. Its finished runs are kept.
      </p>
      <Button tone="primary" onClick={takeLeftOver}>
        Continue it
      </Button>
      <Button onClick={dropLeftOver}>Leave it</Button>
    </div>
  );
}
