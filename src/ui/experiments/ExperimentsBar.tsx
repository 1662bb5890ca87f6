import { CirclePause, Link, Play, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { scenarios } from '../../core/scenarios.ts';
import { changedRows, keyOf, plannedRuns } from '../../state/sweepPlan.ts';
import { sweepProgress, type SweepProgress, type SweepState } from '../../state/sweepState.ts';
import { Button } from '../parts/Button.tsx';
import { useLabActions, useSweep, useSweepActions } from '../parts/contexts.ts';
import { backendWords, megabytes } from '../parts/words.ts';
import { ShareDialog } from '../top/HelpDialog.tsx';
import bar from '../top/TopBar.module.css';
import { ThemeButton, ViewHead } from '../top/ViewHead.tsx';
import style from './ExperimentsBar.module.css';
import { duration, firstEstimateAfter, interval, type Left, preparingWords, runCount, steadied } from './sweepWords.ts';

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
function machineWords(
  { phase, loading, backend, workers, active }: SweepState,
  { secondsPerRun }: SweepProgress,
): string {
  if (phase.kind !== 'running' && phase.kind !== 'paused') return '';
  if (loading !== null) return `${loading.what}: ${megabytes(loading.loaded)} of ${megabytes(loading.total)}`;
  if (backend === null) return 'starting the first worker';
  const parts = [backendWords[backend.name], `${workers} worker${workers === 1 ? '' : 's'}`];
  const preparing = preparingWords([...active.values()]);
  if (preparing !== null) parts.push(preparing);
  else if (secondsPerRun !== null) parts.push(`a run every ${interval(secondsPerRun)}`);
  return parts.join(' · ');
}

/** An estimate that does not jump; null while it is too early for one. */
function useSteady(estimate: number | null, running: boolean): number | null {
  const latest = useRef(estimate);
  const [shown, setShown] = useState<number | null>(null);
  useEffect(() => {
    latest.current = estimate;
  }, [estimate]);
  useEffect(() => {
    if (!running) return;
    let left: Left | null = null;
    let since: number | null = null;
    const timer = setInterval(() => {
      if (latest.current === null) return;
      const now = performance.now() / 1_000;
      since ??= now;
      left = steadied(left, latest.current, now);
      setShown(now - since < firstEstimateAfter ? null : left.seconds);
    }, 1_000);
    return () => {
      clearInterval(timer);
      setShown(null);
    };
  }, [running]);
  return shown;
}

/** How far the sweep is, how long it still takes, and on what it runs. */
function SweepStatus() {
  const state = useSweep((all) => all);
  const estimated = sweepProgress(plannedRuns(state.plan), state);
  const progress = { ...estimated, secondsLeft: useSteady(estimated.secondsLeft, state.phase.kind === 'running') };
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

/** What starts, holds, ends and shares a sweep, and how far it is. */
export function ExperimentsBar() {
  const { run, pause, stop } = useSweepActions();
  const { notify } = useLabActions();
  const kind = useSweep((state) => state.phase.kind);
  const left = useSweep(({ plan, runs }) => plannedRuns(plan).filter((config) => !runs.has(keyOf(config))).length);
  const missing = useSweep(({ plan, data }) => {
    const rows = changedRows(plan);
    return rows.length > 0 && rows.every(({ config }) => data[scenarios[config.scenario].dataset] === 'missing');
  });
  const [sharing, setSharing] = useState(false);

  async function share(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      notify(
        'info',
        'The link to this table is on the clipboard: rows, seeds and settings are in it; results are not.',
      );
    } catch {
      setSharing(true);
    }
  }

  return (
    <header className={bar.bar}>
      <ViewHead />
      <div className={style.controls}>
        {kind === 'running' ? (
          <Button tone="primary" icon={<CirclePause />} onClick={pause} tip="Hold the runs in flight between two steps">
            Pause
          </Button>
        ) : (
          <Button
            tone="primary"
            icon={<Play />}
            onClick={run}
            disabled={kind === 'opening' || left === 0 || missing}
            tip={
              missing
                ? 'The images are missing'
                : left === 0
                  ? 'Every run of this plan is finished'
                  : `${runCount(left)} to do`
            }
          >
            {kind === 'paused' ? 'Resume' : 'Run'}
          </Button>
        )}
        <Button
          icon={<Square />}
          onClick={stop}
          disabled={kind !== 'running' && kind !== 'paused'}
          tip="Abandon the runs in flight; finished runs are kept"
        >
          Stop
        </Button>
      </div>
      <SweepStatus />
      <div className={bar.tools}>
        <Button
          icon={<Link />}
          onClick={() => void share()}
          tip="Copy a link that opens this table with these rows, seeds and settings"
        >
          Share link
        </Button>
        <ThemeButton />
      </div>
      {sharing && <ShareDialog onClose={() => setSharing(false)} />}
    </header>
  );
}
