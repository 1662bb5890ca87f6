import type { BenchmarkTiming, ContestantTiming } from '../../engine/benchmark/benchmarkTiming.ts';
import type { Quartiles } from '../../engine/benchmark/quartiles.ts';
import { calls } from '../../state/benchmarkResult.ts';
import { megabytes } from '../numberFormat.ts';
import { Explanation } from '../parts/Explanation.tsx';
import { useBenchmark } from './BenchmarkContext.ts';
import { contestantWords, subjectWords } from './subjectWords.ts';
import style from './BenchmarkView.module.css';

/** A median with its quartiles, to about three digits. */
function Spread({ of: { lower, median, upper } }: { readonly of: Quartiles }) {
  const digits = median < 1 ? 3 : median < 10 ? 2 : median < 100 ? 1 : 0;
  return (
    <td>
      {median.toFixed(digits)}{' '}
      <small>
        {lower.toFixed(digits)} … {upper.toFixed(digits)}
      </small>
    </td>
  );
}

function ContestantRow({ timing: { subject, contestants, tensors, bytes }, contestant: { name, time, ratio, javaScript, device } }: { readonly timing: BenchmarkTiming; readonly contestant: ContestantTiming }) {
  const first = name === contestants[0].name;
  return (
    <tr>
      {first && (
        <th scope="rowgroup" rowSpan={contestants.length}>
          {subjectWords[subject]}
        </th>
      )}
      <th scope="row">{contestantWords[name]}</th>
      <Spread of={time} />
      {ratio === null ? <td>1</td> : <Spread of={ratio} />}
      <Spread of={javaScript} />
      <td>{calls(device?.dispatches)}</td>
      <td>{calls(device?.submits)}</td>
      {first && (
        <td rowSpan={contestants.length}>
          {tensors.after} <small>{megabytes(bytes.after)}</small>
        </td>
      )}
    </tr>
  );
}

/** Everything that has been timed. */
export function TimingTable() {
  const timings = useBenchmark((state) => state.timings);
  return (
    <div className={style.scroller} tabIndex={0} role="region" aria-label="Times, scrolls">
      <table className={style.table}>
        <caption className="hidden-text">Time of a training step, by this page and by stock TensorFlow.js</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">By</th>
            <th scope="col">
              ms <Explanation of="times">Median over blocks of steps, with the quartiles. Both do the same work on the same draws, in turn.</Explanation>
            </th>
            <th scope="col">
              Over ours <Explanation of="the ratio">How many times as long the other takes: each block beside ours of the same round.</Explanation>
            </th>
            <th scope="col">
              JavaScript, ms{' '}
              <Explanation of="JavaScript">
                Until a step has been handed to the backend. On wasm and cpu the computing falls into it. Browsers round their clocks, so that values below 0.1 ms are rough.
              </Explanation>
            </th>
            <th scope="col">
              Dispatches <Explanation of="dispatches">What a step asks of the graphics card, on webgpu, with the one result read back after each block.</Explanation>
            </th>
            <th scope="col">Submits</th>
            <th scope="col">
              Tensors <Explanation of="tensors">Alive on the backend after the last step, of both together; the number does not grow from step to step.</Explanation>
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
