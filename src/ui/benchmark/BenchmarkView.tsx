import { Copy, Download, Play, Square } from 'lucide-react';
import { mnistSubjects, type SubjectName, subjectNames } from '../../core/timing.ts';
import {
  allowedSteps,
  benchmarkJson,
  benchmarkMarkdown,
  isBenchmarking,
  parseSteps,
  type BenchmarkState,
} from '../../state/benchmarkState.ts';
import { say } from '../../texts/say.ts';
import banner from '../settings/PhaseBanner.module.css';
import form from '../experiments/PlanForm.module.css';
import { PlanField } from '../experiments/PlanFields.tsx';
import { Button } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { useBenchmark, useBenchmarkActions, useLabActions, download } from '../parts/contexts.ts';
import { unbroken } from '../parts/Said.tsx';
import style from './BenchmarkView.module.css';
import { subjectWords, TimingTable } from './TimingTable.tsx';
import { failureWords } from '../../state/failureWords.ts';
import experiments from '../experiments/ExperimentsBar.module.css';
import { backendWords, megabytes } from '../parts/words.ts';
import bar from '../top/TopBar.module.css';
import { ThemeButton, ViewHead } from '../top/ViewHead.tsx';

/** Where the benchmark stands, in words. */
function statusWords({ phase, timings, plan }: BenchmarkState): string {
  switch (phase.kind) {
    case 'idle':
      return say('benchmark.notRunYet');
    case 'starting':
      return phase.loading === null
        ? say('benchmark.starting')
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

/** What is timed, and how many steps of it. */
function BenchmarkForm() {
  const plan = useBenchmark((state) => state.plan);
  const locked = useBenchmark((state) => isBenchmarking(state.phase));
  const { setPlan } = useBenchmarkActions();
  const choose = (subject: SubjectName, wanted: boolean) =>
    setPlan({
      ...plan,
      subjects: subjectNames.filter((name) => (name === subject ? wanted : plan.subjects.includes(name))),
    });
  return (
    <fieldset disabled={locked} className={form.form} aria-label={say('benchmark.whatToTime')}>
      {[mnistSubjects, subjectNames.filter((name) => !mnistSubjects.includes(name))].map((names, group) => (
        <div key={group === 0 ? 'mnist' : 'cifar10'} className={style.subjects}>
          {group === 1 && <span>{say('benchmark.onCifar10')}</span>}
          {names.map((name) => (
            <label key={name}>
              <input
                type="checkbox"
                checked={plan.subjects.includes(name)}
                onChange={(event) => choose(name, event.target.checked)}
              />
              {subjectWords()[name]}
            </label>
          ))}
        </div>
      ))}
      <PlanField
        label={say('benchmark.stepsOfEach')}
        value={plan.steps?.toString() ?? ''}
        placeholder={say('benchmark.stepsPlaceholder')}
        allowed={say('benchmark.stepsAllowed', { allowed: allowedSteps() })}
        onChange={(text) => {
          const steps = parseSteps(text);
          if (steps !== null || text.trim() === '') setPlan({ ...plan, steps });
          return steps !== null || text.trim() === '';
        }}
      />
      <div className={style.subjects}>
        <label>
          <input
            type="checkbox"
            checked={plan.engineOnly}
            onChange={(event) => setPlan({ ...plan, engineOnly: event.target.checked })}
          />
          {say('benchmark.onlyTheEngine')}
        </label>
      </div>
    </fieldset>
  );
}

/** The third view: how long a training step takes here, beside the same step in stock operations of TensorFlow.js. */
export function BenchmarkView() {
  const phase = useBenchmark((state) => state.phase);
  const backend = useBenchmark((state) => state.backend);
  const timings = useBenchmark((state) => state.timings);
  const { notify } = useLabActions();
  const result = { backend, timings };

  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(benchmarkMarkdown(result, navigator.userAgent));
      notify('info', say('benchmark.copied'));
    } catch {
      notify('error', say('benchmark.notCopied'));
    }
  }

  return (
    <>
      <BenchmarkBar />
      <main className={style.view}>
        <BenchmarkForm />
        {phase.kind === 'failed' && (
          <div role="alert" className={banner.banner} data-tone="bad">
            <p>
              <strong>{say('benchmark.hasStopped')}</strong> {unbroken(failureWords(phase.failure))}
            </p>
          </div>
        )}
        <section aria-labelledby="benchmark-result" className={`${card.card} ${style.panel}`}>
          <div className={style.header}>
            <h2 id="benchmark-result" className={card.heading}>
              {say('benchmark.title')}
            </h2>
            <div className={style.tools}>
              <Button
                small
                icon={<Copy />}
                disabled={timings.length === 0}
                {...(timings.length === 0 && { tip: say('benchmark.nothingTimed') })}
                onClick={() => void copy()}
              >
                {say('benchmark.copyResult')}
              </Button>
              <Button
                small
                icon={<Download />}
                disabled={timings.length === 0}
                {...(timings.length === 0 && { tip: say('benchmark.nothingTimed') })}
                onClick={() =>
                  download(
                    new Blob([benchmarkJson(result, navigator.userAgent)], { type: 'application/json' }),
                    'mir-lab-benchmark.json',
                  )
                }
              >
                {say('benchmark.downloadJson')}
              </Button>
            </div>
          </div>
          <p className={style.note}>{say('benchmark.note')}</p>
          {timings.length > 0 && <TimingTable />}
        </section>
      </main>
    </>
  );
}
