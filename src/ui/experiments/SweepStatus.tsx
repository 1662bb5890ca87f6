import { plannedRuns } from '../../state/sweepPlan.ts';
import { sweepProgress, type SweepProgress } from '../../state/sweepProgress.ts';
import type { SweepState } from '../../state/sweepState.ts';
import { megabytes } from '../numberFormat.ts';
import { backendWords } from '../words.ts';
import { useSweep } from './SweepContext.ts';
import { duration, interval, preparingWords, runCount } from './sweepWords.ts';
import style from './ExperimentsBar.module.css';

/** "7 of 20 runs", and in motion: how long still. */
function mainWords({ phase, failures, active }: SweepState, { done, total, secondsLeft }: SweepProgress): string {
  const count = `${done} of ${runCount(total)}`;
  switch (phase.kind) {
    case 'opening':
      return 'Reading finished runs…';
    case 'running':
      if (secondsLeft === null) return `${count} · ${active.size > 0 ? 'training' : 'starting'}`;
      return `${count} · about ${duration(secondsLeft)} left`;
    case 'paused':
      return `${count} · paused`;
    case 'blocked':
    case 'idle':
      if (failures.length > 0) return `${count} · ${failures.length} failed`;
      return total > 0 && done === total ? `${count} · finished` : count;
    default:
      return phase satisfies never;
  }
}

/** Who works on it, and how fast, or at what while no step is taken. */
function machineWords({ phase, loading, backend, workers, active }: SweepState, { secondsPerRun }: SweepProgress): string {
  if (phase.kind !== 'running' && phase.kind !== 'paused') return '';
  if (loading !== null) return `${loading.what}: ${megabytes(loading.loaded)} of ${megabytes(loading.total)}`;
  if (backend === null) return 'starting the first worker';
  const parts = [backendWords[backend.name], `${workers} worker${workers === 1 ? '' : 's'}`];
  const preparing = preparingWords([...active.values()]);
  if (preparing !== null) parts.push(preparing);
  else if (secondsPerRun !== null) parts.push(`a run every ${interval(secondsPerRun)}`);
  return parts.join(' · ');
}

/** How far the sweep is, how long it still takes, and on what it runs. */
export function SweepStatus() {
  const state = useSweep((all) => all);
  const progress = sweepProgress(plannedRuns(state.plan), state);
  const machine = machineWords(state, progress);
  return (
    <div className={style.status}>
      <p role="status" className={style.words}>
        {mainWords(state, progress)}
      </p>
      <progress className={style.bar} max={1} value={progress.fraction} aria-label="Progress of the sweep" />
      <p className={style.machine}>{machine}</p>
    </div>
  );
}
