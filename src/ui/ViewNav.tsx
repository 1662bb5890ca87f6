import { writeBenchmark } from '../state/benchmarkAddress.ts';
import { writePlan } from '../state/sweepAddress.ts';
import { writeHash } from '../state/url.ts';
import { useBenchmark } from './benchmark/BenchmarkContext.ts';
import { useSweep } from './experiments/SweepContext.ts';
import { useLab } from './LabContext.ts';
import { useView } from './useView.ts';
import style from './ViewNav.module.css';

/** Links between the views; each goes on while another is shown. */
export function ViewNav() {
  const view = useView();
  const config = useLab((state) => state.config);
  const plan = useSweep((state) => state.plan);
  const benchmark = useBenchmark((state) => state.plan);
  return (
    <nav aria-label="Views" className={style.nav}>
      <a href={`#${writeHash(config)}`} aria-current={view === 'lab' ? 'page' : undefined}>
        Lab
      </a>
      <a href={`#${writePlan(plan)}`} aria-current={view === 'experiments' ? 'page' : undefined}>
        Experiments
      </a>
      <a href={`#${writeBenchmark(benchmark)}`} aria-current={view === 'benchmark' ? 'page' : undefined}>
        Benchmark
      </a>
    </nav>
  );
}
