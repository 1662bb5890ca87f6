import type { BenchmarkState } from '../../state/benchmarkState.ts';
import style from '../experiments/ExperimentsBar.module.css';
import { megabytes } from '../numberFormat.ts';
import { backendWords } from '../words.ts';
import { useBenchmark } from './BenchmarkContext.ts';
import { subjectWords } from './subjectWords.ts';

/** Where the benchmark stands, in words. */
function statusWords({ phase, timings, plan }: BenchmarkState): string {
  switch (phase.kind) {
    case 'idle':
      return 'Not run yet';
    case 'starting':
      return phase.loading === null ? 'Starting…' : `${phase.loading.what}: ${megabytes(phase.loading.loaded)} of ${megabytes(phase.loading.total)}`;
    case 'timing':
      return phase.done === 0 ? `${subjectWords[phase.subject]} · warming up` : `${subjectWords[phase.subject]} · step ${phase.done} of ${phase.total}`;
    case 'finished':
      return `Finished · ${timings.length} of ${plan.subjects.length} timed`;
    case 'cancelled':
      return `Cancelled · ${timings.length} of ${plan.subjects.length} timed`;
    case 'failed':
      return `Stopped · ${timings.length} of ${plan.subjects.length} timed`;
    default:
      return phase satisfies never;
  }
}

/** How far the benchmark is, and on what it runs. */
export function BenchmarkStatus() {
  const state = useBenchmark((all) => all);
  const { phase, timings, plan, backend } = state;
  const within = phase.kind === 'timing' ? phase.done / phase.total : 0;
  const done = phase.kind === 'timing' ? timings.length + within : timings.length;
  const machine = backend === null ? '' : [backendWords[backend.name], backend.device].filter(Boolean).join(' · ');
  return (
    <div className={style.status}>
      <p role="status" className={style.words}>
        {statusWords(state)}
      </p>
      <progress className={style.bar} max={1} value={plan.subjects.length === 0 ? 0 : Math.min(1, done / plan.subjects.length)} aria-label="Progress of the benchmark" />
      <p className={style.machine}>{machine}</p>
    </div>
  );
}
