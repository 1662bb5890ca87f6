import { type MethodName, methodNames, methods } from '../../core/methods.ts';
import type { BenchmarkTiming, ContestantName, ContestantTiming, Quartiles, SubjectName } from '../../core/timing.ts';
import { calls } from '../../state/benchmarkState.ts';
import { useBenchmark } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { megabytes } from '../parts/words.ts';
import style from './BenchmarkView.module.css';

const labels = Object.fromEntries(methodNames.map((name) => [name, methods[name].label])) as Record<MethodName, string>;

/** What is timed, as the page names it. */
export const subjectWords: Readonly<Record<SubjectName, string>> = {
  ...labels,
  'vae-update': 'VAE update',
  'er-mir-resnet': 'ER-MIR, ResNet-18',
  'ae-update': 'Autoencoder update',
};

/** Who does it. */
const contestantWords: Readonly<Record<ContestantName, string>> = {
  engine: 'this page',
  stock: 'stock TensorFlow.js',
  'jax-js': 'jax-js',
};

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
          {subjectWords[subject]}
        </th>
      )}
      <th scope="row">{contestantWords[name]}</th>
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
    <div className={style.scroller} tabIndex={0} role="region" aria-label="Times, scrolls">
      <table className={style.table}>
        <caption className="hidden-text">Time of a training step, by this page and by stock TensorFlow.js</caption>
        <thead>
          <tr>
            <th scope="col">Step</th>
            <th scope="col">By</th>
            <th scope="col">
              One, ms{' '}
              <Explanation of="single steps">
                One step until its result is here: median over steps, with the quartiles. Both do the same work on the
                same draws, in turn, each after a rest.
              </Explanation>
            </th>
            <th scope="col">
              In a row, ms{' '}
              <Explanation of="rows">
                A step of a block of up to 200, whose last result is waited for, as in training: median over blocks,
                with the quartiles.
              </Explanation>
            </th>
            <th scope="col">
              Over ours{' '}
              <Explanation of="the ratio">
                How many times as long the other takes in a row: each block beside ours of the same round.
              </Explanation>
            </th>
            <th scope="col">
              JavaScript, ms{' '}
              <Explanation of="JavaScript">
                Until a step has been handed to the backend. On wasm and cpu the computing falls into it. Browsers round
                their clocks, so that values below 0.1 ms are rough.
              </Explanation>
            </th>
            <th scope="col">
              Dispatches{' '}
              <Explanation of="dispatches">
                What a step asks of the graphics card, on webgpu, in a row, with the one result read back after each
                block.
              </Explanation>
            </th>
            <th scope="col">Submits</th>
            <th scope="col">
              Tensors{' '}
              <Explanation of="tensors">
                Its own on the backend after the last step; the number does not grow from step to step.
              </Explanation>
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
