import { Play, Square } from 'lucide-react';
import { type BenchmarkState, isBenchmarking } from '../../state/benchmarkState.ts';
import { say } from '../../texts/say.ts';
import experiments from '../experiments/ExperimentsBar.module.css';
import { Button } from '../parts/Button.tsx';
import { useBenchmark, useBenchmarkActions } from '../parts/contexts.ts';
import { backendWords, megabytes } from '../parts/words.ts';
import bar from '../top/TopBar.module.css';
import { ThemeButton, ViewHead } from '../top/ViewHead.tsx';
import { subjectWords } from './TimingTable.tsx';

/** Where the benchmark stands, in words. */
function statusWords({ phase, timings, plan }: BenchmarkState): string {
  switch (phase.kind) {
    case 'idle':
      return say('benchmark.notRunYet');
    case 'starting':
      return phase.loading === null
        ? 'Starting…'
        : say('benchmark.loading', {
            what: phase.loading.what,
            loaded: megabytes(phase.loading.loaded),
            total: megabytes(phase.loading.total),
          });
    case 'timing':
      return phase.rounds === null
        ? say('benchmark.warmingUp', { subject: subjectWords()[phase.subject] })
        : say('benchmark.rounds', {
            subject: subjectWords()[phase.subject],
            done: phase.rounds.done,
            total: phase.rounds.total,
          });
    case 'finished':
      return say('benchmark.finished', { done: timings.length, total: plan.subjects.length });
    case 'cancelled':
      return say('benchmark.cancelled', { done: timings.length, total: plan.subjects.length });
    case 'failed':
      return say('benchmark.stopped', { done: timings.length, total: plan.subjects.length });
    default:
      return phase satisfies never;
  }
}

/** How far the benchmark is, and on what it runs. */
function BenchmarkStatus() {
  const state = useBenchmark((all) => all);
  const { phase, timings, plan, backend } = state;
  const within = phase.kind === 'timing' && phase.rounds !== null ? phase.rounds.done / phase.rounds.total : 0;
  const done = phase.kind === 'timing' ? timings.length + within : timings.length;
  const machine = backend === null ? '' : [backendWords[backend.name], backend.device].filter(Boolean).join(' · ');
  return (
    <div className={experiments.status}>
      <p role="status" className={experiments.words}>
        {statusWords(state)}
      </p>
      <progress
        className={experiments.bar}
        max={1}
        value={plan.subjects.length === 0 ? 0 : Math.min(1, done / plan.subjects.length)}
        aria-label={say('benchmark.progress')}
      />
      <p className={experiments.machine}>{machine}</p>
    </div>
  );
}

/** What starts and ends a benchmark, and how far it is. */
export function BenchmarkBar() {
  const running = useBenchmark((state) => isBenchmarking(state.phase));
  const nothing = useBenchmark((state) => state.plan.subjects.length === 0);
  const { run, cancel } = useBenchmarkActions();
  return (
    <header className={bar.bar}>
      <ViewHead />
      <div className={experiments.controls}>
        {running ? (
          <Button tone="primary" icon={<Square />} onClick={cancel} tip={say('benchmark.whatHasBeenTimedStays')}>
            {say('benchmark.cancel')}
          </Button>
        ) : (
          <Button
            tone="primary"
            icon={<Play />}
            onClick={run}
            disabled={nothing}
            tip={nothing ? say('benchmark.nothingIsChosen') : say('benchmark.othersPause')}
          >
            {say('benchmark.runBenchmark')}
          </Button>
        )}
      </div>
      <BenchmarkStatus />
      <div className={bar.tools}>
        <ThemeButton />
      </div>
    </header>
  );
}
