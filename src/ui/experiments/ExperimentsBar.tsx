import { CirclePause, Link, Play, Square } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { scenarios } from '../../core/scenarios.ts';
import { changedRows, keyOf, plannedRuns } from '../../state/sweepPlan.ts';
import { sweepProgress, type SweepProgress, type SweepState } from '../../state/sweepState.ts';
import { Button } from '../parts/Button.tsx';
import { useLabActions, useSweep, useSweepActions } from '../parts/contexts.ts';
import { say } from '../../texts/say.ts';
import { backendWords, megabytes } from '../parts/words.ts';

import bar from '../top/TopBar.module.css';
import { ShareDialog, ThemeButton, ViewHead } from '../top/ViewHead.tsx';
import style from './ExperimentsBar.module.css';
import { duration, firstEstimateAfter, interval, type Left, preparingWords, steadied } from './sweepWords.ts';

/** "7 of 20 runs", and in motion: how long still. */
function mainWords({ phase, failures, active }: SweepState, { done, total, secondsLeft }: SweepProgress): string {
  const count = say('experiments.bar.count', { done, total });
  switch (phase.kind) {
    case 'opening':
      return say('experiments.bar.reading');
    case 'running':
      if (secondsLeft === null)
        return say(active.size > 0 ? 'experiments.bar.training' : 'experiments.bar.starting', { count });
      return say('experiments.bar.left', { count, time: duration(secondsLeft) });
    case 'paused':
      return say('experiments.bar.paused', { count });
    case 'blocked':
    case 'idle':
      if (failures.length > 0) return say('experiments.bar.failed', { count, failed: failures.length });
      return total > 0 && done === total ? say('experiments.bar.finished', { count }) : count;
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
  if (loading !== null) {
    const { what, loaded, total } = loading;
    return say('experiments.bar.loading', { what, loaded: megabytes(loaded), total: megabytes(total) });
  }
  if (backend === null) return say('experiments.bar.firstWorker');
  const parts = [backendWords[backend.name], say('experiments.bar.workers', { count: workers })];
  const preparing = preparingWords([...active.values()]);
  if (preparing !== null) parts.push(preparing);
  else if (secondsPerRun !== null) parts.push(say('experiments.bar.everyRun', { time: interval(secondsPerRun) }));
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
      <progress className={style.bar} max={1} value={progress.fraction} aria-label={say('experiments.bar.progress')} />
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
      notify('info', say('experiments.bar.linkCopied'));
    } catch {
      setSharing(true);
    }
  }

  return (
    <header className={bar.bar}>
      <ViewHead />
      <div className={style.controls}>
        {kind === 'running' ? (
          <Button tone="primary" icon={<CirclePause />} onClick={pause} tip={say('experiments.bar.pauseTip')}>
            {say('experiments.bar.pause')}
          </Button>
        ) : (
          <Button
            tone="primary"
            icon={<Play />}
            onClick={run}
            disabled={kind === 'opening' || left === 0 || missing}
            tip={
              missing
                ? say('experiments.bar.imagesMissing')
                : left === 0
                  ? say('experiments.bar.allFinished')
                  : say('experiments.bar.toDo', { count: left })
            }
          >
            {say(kind === 'paused' ? 'experiments.bar.resume' : 'experiments.bar.run')}
          </Button>
        )}
        <Button
          icon={<Square />}
          onClick={stop}
          disabled={kind !== 'running' && kind !== 'paused'}
          tip={say(kind === 'running' || kind === 'paused' ? 'experiments.bar.stopTip' : 'experiments.bar.nothingRuns')}
        >
          {say('experiments.bar.stop')}
        </Button>
      </div>
      <SweepStatus />
      <div className={bar.tools}>
        <Button icon={<Link />} onClick={() => void share()} tip={say('experiments.bar.shareTip')}>
          {say('experiments.bar.share')}
        </Button>
        <ThemeButton />
      </div>
      {sharing && <ShareDialog onClose={() => setSharing(false)} />}
    </header>
  );
}
