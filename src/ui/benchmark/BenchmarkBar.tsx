import { Moon, Play, Square, Sun } from 'lucide-react';
import { isBenchmarking } from '../../state/benchmarkState.ts';
import experiments from '../experiments/ExperimentsBar.module.css';
import { Button } from '../parts/Button.tsx';
import bar from '../top/TopBar.module.css';
import { useTheme } from '../useTheme.ts';
import { ViewNav } from '../ViewNav.tsx';
import { useBenchmark, useBenchmarkActions } from './BenchmarkContext.ts';
import { BenchmarkStatus } from './BenchmarkStatus.tsx';

/** What starts and ends a benchmark, and how far it is. */
export function BenchmarkBar() {
  const running = useBenchmark((state) => isBenchmarking(state.phase));
  const nothing = useBenchmark((state) => state.plan.subjects.length === 0);
  const { run, cancel } = useBenchmarkActions();
  const { theme, switchTheme } = useTheme();
  return (
    <header className={bar.bar}>
      <h1 className={bar.name}>
        MIR<span> Lab</span>
      </h1>
      <ViewNav />
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
        <Button icon={theme === 'dark' ? <Sun /> : <Moon />} aria-label={theme === 'dark' ? 'Light theme' : 'Dark theme'} onClick={switchTheme} />
      </div>
    </header>
  );
}
