import { type MethodName, methodNames, methods } from '../../core/methods.ts';
import type { BenchmarkTiming, ContestantName, ContestantTiming, Quartiles, SubjectName } from '../../core/timing.ts';
import { calls } from '../../state/benchmarkState.ts';
import { fixed } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { useBenchmark } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { megabytes } from '../parts/words.ts';
import style from './BenchmarkView.module.css';

const labels = Object.fromEntries(methodNames.map((name) => [name, methods[name].label])) as Record<MethodName, string>;

/** What is timed, as the page names it. */
export const subjectWords = (): Readonly<Record<SubjectName, string>> => ({
  ...labels,
  'vae-update': say('benchmark.subjects.vae'),
  'er-mir-resnet': say('benchmark.subjects.resnet'),
  'ae-update': say('benchmark.subjects.autoencoder'),
});

/** Who does it. */
const contestantWords = (): Readonly<Record<ContestantName, string>> => ({
  engine: say('benchmark.thisPage'),
  stock: say('benchmark.stock'),
  'jax-js': 'jax-js',
});

/** A median with its quartiles, to about three digits. */
function Spread({ of: { lower, median, upper } }: { readonly of: Quartiles }) {
  const digits = median < 1 ? 3 : median < 10 ? 2 : median < 100 ? 1 : 0;
  return (
    <td>
      {fixed(median, digits)}{' '}
      <small>
        {fixed(lower, digits)} … {fixed(upper, digits)}
      </small>
    </td>
  );
}

function ContestantRow({
  timing: { subject, contestants },
  contestant: { name, single, inRow, ratio, javaScript, device, alive },
}: {
  readonly timing: BenchmarkTiming;
  readonly contestant: ContestantTiming;
}) {
  const first = name === contestants[0].name;
  return (
    <tr>
      {first && (
        <th scope="rowgroup" rowSpan={contestants.length}>
          {subjectWords()[subject]}
        </th>
      )}
      <th scope="row">{contestantWords()[name]}</th>
      <Spread of={single} />
      <Spread of={inRow} />
      {ratio === null ? <td>1</td> : <Spread of={ratio} />}
      <Spread of={javaScript} />
      <td>{calls(device?.dispatches)}</td>
      <td>{calls(device?.submits)}</td>
      <td>
        {alive.after.tensors} <small>{megabytes(alive.after.bytes)}</small>
      </td>
    </tr>
  );
}

/** Everything that has been timed. */
export function TimingTable() {
  const timings = useBenchmark((state) => state.timings);
  return (
    <div className={style.scroller} tabIndex={0} role="region" aria-label={say('benchmark.timesScrolls')}>
      <table className={style.table}>
        <caption className="hidden-text">{say('benchmark.caption')}</caption>
        <thead>
          <tr>
            <th scope="col">{say('benchmark.step')}</th>
            <th scope="col">{say('benchmark.by')}</th>
            <th scope="col">
              {say('benchmark.oneMs')}{' '}
              <Explanation of={say('benchmark.singleSteps')}>{say('benchmark.explanations.one')}</Explanation>
            </th>
            <th scope="col">
              {say('benchmark.inARowMs')}{' '}
              <Explanation of={say('benchmark.ofRows')}>{say('benchmark.explanations.inARow')}</Explanation>
            </th>
            <th scope="col">
              {say('benchmark.overOurs')}{' '}
              <Explanation of={say('benchmark.theRatio')}>{say('benchmark.explanations.overOurs')}</Explanation>
            </th>
            <th scope="col">
              {say('benchmark.javascriptMs')}{' '}
              <Explanation of={say('benchmark.javascript')}>{say('benchmark.explanations.javascript')}</Explanation>
            </th>
            <th scope="col">
              {say('benchmark.dispatches')}{' '}
              <Explanation of={say('benchmark.ofDispatches')}>{say('benchmark.explanations.dispatches')}</Explanation>
            </th>
            <th scope="col">{say('benchmark.submits')}</th>
            <th scope="col">
              {say('benchmark.tensors')}{' '}
              <Explanation of={say('benchmark.ofTensors')}>{say('benchmark.explanations.tensors')}</Explanation>
            </th>
          </tr>
        </thead>
        {timings.map((timing) => (
          <tbody key={timing.subject}>
            {timing.contestants.map((contestant) => (
              <ContestantRow key={contestant.name} timing={timing} contestant={contestant} />
            ))}
          </tbody>
        ))}
      </table>
    </div>
  );
}
