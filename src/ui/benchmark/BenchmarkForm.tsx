import type { SubjectName } from '../../engine/benchmark/benchmarkTiming.ts';
import { allowedSteps, pageSubjects, parseSteps } from '../../state/benchmarkAddress.ts';
import { isBenchmarking } from '../../state/benchmarkState.ts';
import { PlanField } from '../experiments/PlanField.tsx';
import form from '../experiments/PlanForm.module.css';
import { useBenchmark, useBenchmarkActions } from './BenchmarkContext.ts';
import { subjectWords } from './subjectWords.ts';
import style from './BenchmarkView.module.css';

/** What is timed, and how many steps of it. */
export function BenchmarkForm() {
  const plan = useBenchmark((state) => state.plan);
  const locked = useBenchmark((state) => isBenchmarking(state.phase));
  const { setPlan } = useBenchmarkActions();
  const choose = (subject: SubjectName, wanted: boolean) =>
    setPlan({ ...plan, subjects: pageSubjects.filter((name) => (name === subject ? wanted : plan.subjects.includes(name))) });
  return (
    <fieldset disabled={locked} className={form.form} aria-label="What to time">
      <div className={style.subjects}>
        {pageSubjects.map((name) => (
          <label key={name}>
            <input type="checkbox" checked={plan.subjects.includes(name)} onChange={(event) => choose(name, event.target.checked)} />
            {subjectWords[name]}
          </label>
        ))}
      </div>
      <PlanField
        label="Steps of each"
        value={plan.steps?.toString() ?? ''}
        placeholder="3 to 200"
        allowed={`${allowedSteps}, or nothing for each one’s own`}
        onChange={(text) => {
          const steps = parseSteps(text);
          if (steps !== null || text.trim() === '') setPlan({ ...plan, steps });
          return steps !== null || text.trim() === '';
        }}
      />
    </fieldset>
  );
}
