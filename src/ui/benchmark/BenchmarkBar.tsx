import { Play, Square } from 'lucide-react';
import { isBenchmarking } from '../../state/benchmarkState.ts';
import experiments from '../experiments/ExperimentsBar.module.css';
import { Button } from '../parts/Button.tsx';
import bar from '../top/TopBar.module.css';
import { ThemeButton } from '../ThemeButton.tsx';
import { ViewHead } from '../ViewHead.tsx';
import { useBenchmark, useBenchmarkActions } from './BenchmarkContext.ts';
import { BenchmarkStatus } from './BenchmarkStatus.tsx';

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
          <Button tone="primary" icon={<Square />} onClick={cancel} tip="What has been timed stays">
            Cancel
          </Button>
        ) : (
          <Button tone="primary" icon={<Play />} onClick={run} disabled={nothing} tip={nothing ? 'Nothing is chosen' : 'The lab and the experiments pause meanwhile'}>
            Run benchmark
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
