import { rowsOf } from '../../state/sweepPlan.ts';
import type { FailedRun } from '../../state/sweepState.ts';
import card from '../parts/Card.module.css';
import { Button } from '../parts/Button.tsx';
import { useSweep, useSweepActions } from './SweepContext.ts';
import { runCount } from './sweepWords.ts';
import style from './FailureList.module.css';

/** "ER · Split MNIST · seed 3". */
function runWords({ config }: FailedRun, table: Parameters<typeof rowsOf>[0]): string {
  const row = rowsOf(table).find(
    ({ config: { scenario, method, memoryPerClass } }) =>
      scenario === config.scenario && method === config.method && memoryPerClass === config.memoryPerClass,
  );
  return [row?.label ?? config.method, row?.group ?? config.scenario, `seed ${config.seed}`].join(' · ');
}

/** Runs that failed, each with its seed and cause. The others went on. */
export function FailureList() {
  const table = useSweep((state) => state.plan.table);
  const failures = useSweep((state) => state.failures);
  const { tryAgain } = useSweepActions();
  if (failures.length === 0) return null;
  return (
    <section aria-label="Failed runs" className={`${card.card} ${style.failures}`}>
      <header>
        <h2 className={card.heading}>{runCount(failures.length)} failed</h2>
        <Button small onClick={tryAgain} tip="Run them once more, with the same seeds">
          Try again
        </Button>
      </header>
      <ul>
        {failures.map((failed, index) => (
          <li key={index}>
            <strong>{runWords(failed, table)}.</strong> {failed.failure.message}
          </li>
        ))}
      </ul>
    </section>
  );
}
