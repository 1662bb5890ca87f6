import type { ClimbReport, ClimbTermName, DecodedRetrievalReport, DecodedSample } from '../../core/events.ts';
import { mean } from '../../core/metrics.ts';
import type { ShownImage } from '../memory/MemoryThumb.tsx';
import { exact } from '../memory/memoryFacts.ts';
import { percent, spokenClass } from '../parts/words.ts';
import { type LossCell, LossCells } from './CandidateLosses.tsx';
import { IncomingLosses, type StageView } from './memoryStages.tsx';
import style from './SlowMotion.module.css';
import { Arrow, BarKey, CellFrame, StageText, Formula, LatentPath } from './stepParts.tsx';

const termWords: Readonly<Record<ClimbTermName, string>> = {
  disagreement: 'copy against old answer',
  divergence: 'copy against old answer, KL',
  reconstruction: 'reconstruction, copy − old',
  kl: 'KL of the code, copy − old',
  uncertainty: 'entropy of the old answer',
  virtualUncertainty: 'entropy of the copy’s answer',
  diversity: 'distance to earlier finds',
  shell: 'distance from the shell',
};

/** A weight as it is set, with its sign: "+1", "−0.5". */
function signedWeight(weight: number): string {
  return `${weight < 0 ? '−' : '+'}${Number(Math.abs(weight).toPrecision(3))}`;
}

/** The first and the last value of an ascent with as many decimals as tell them apart, 3 to 6; 3 where none do. */
function endsOf(values: readonly number[]): readonly [string, string] {
  const [first, last] = [values[0], values[values.length - 1]];
  const decimals = [3, 4, 5, 6].find((count) => first === last || first.toFixed(count) !== last.toFixed(count)) ?? 3;
  const text = (value: number) =>
    Math.abs(value) < 100
      ? value
          .toFixed(decimals)
          .replace(/^-(?=0\.?0*$)/, '')
          .replace('-', '−')
      : exact(value);
  return [text(first), text(last)];
}

/** The objective at each point of an ascent, as a line. */
function ObjectiveLine({ objective }: { readonly objective: ClimbReport['objective'] }) {
  const [low, high] = [Math.min(...objective), Math.max(...objective)];
  const [width, height] = [100, 30];
  const x = (point: number) => (width * point) / Math.max(1, objective.length - 1);
  const y = (value: number) => height - (height * (value - low)) / Math.max(1e-9, high - low);
  const [first, last] = endsOf(objective);
  return (
    <svg
      role="img"
      aria-label={`The objective goes from ${first} to ${last} in ${objective.length - 1} steps`}
      viewBox={`-2 -2 ${width + 4} ${height + 4}`}
      className={style.line}
      preserveAspectRatio="none"
    >
      <polyline points={objective.map((value, point) => `${x(point)},${y(value)}`).join(' ')} />
    </svg>
  );
}

/** One latent on its way: what the decoder makes of it, and the objective that it climbs, with all its terms. */
export function ClimbStage({ report, view }: { readonly report: DecodedRetrievalReport; readonly view: StageView }) {
  const { path, pictures, kind } = report;
  const { shape, settings } = view;
  if (path === null) {
    return (
      <StageText>
        Every weight of the latent objective is 0: nothing is climbed, and random draws are replayed.
      </StageText>
    );
  }
  const [start, end] = endsOf(path.objective);
  const later = kind === 'generated' && settings.clsDiversity + settings.genDiversity > 0;
  return (
    <>
      <StageText>
        One latent, decoded at each point. It climbs the objective: <b>{start}</b> <Arrow /> <b>{end}</b>.
      </StageText>
      <LatentPath climb={path} pixels={pictures.path} shape={shape} />
      <ObjectiveLine objective={path.objective} />
      <table className={style.terms} aria-label="Objective">
        <thead>
          <tr>
            <th scope="col">term</th>
            <th scope="col">weight</th>
            <th scope="col">start</th>
            <th scope="col">end</th>
          </tr>
        </thead>
        <tbody>
          {path.terms.map(({ name, weight, values }) => {
            const ends = endsOf(values);
            return (
              <tr key={name}>
                <th scope="row">{termWords[name]}</th>
                <td>{signedWeight(weight)}</td>
                <td>{ends[0]}</td>
                <td>{ends[1]}</td>
              </tr>
            );
          })}
          <tr>
            <th scope="row">objective</th>
            <td />
            <td>{start}</td>
            <td>{end}</td>
          </tr>
        </tbody>
      </table>
      {later && (
        <p className={style.text}>It is of the first round. From the second on, “{termWords.diversity}” counts too.</p>
      )}
    </>
  );
}

function decodedCells(
  samples: readonly DecodedSample[],
  classNames: readonly string[],
  imageOf: (place: number) => ShownImage,
  after: readonly number[] | null,
): LossCell[] {
  return samples.map(({ label, confidence, task, lossBefore, lossAfter }, place) => {
    const what = [
      confidence === null
        ? spokenClass(label, classNames)
        : `Taken for ${spokenClass(label, classNames).toLowerCase()}`,
      ...(task === null ? [] : [`task ${task}`]),
      ...(confidence === null ? [] : [`${percent(confidence, 0)} %`]),
      `loss ${exact(lossBefore)}`,
      `on the copy ${exact(lossAfter)}`,
      ...(after === null ? [] : [`after ${exact(after[place])}`]),
    ];
    return {
      image: imageOf(place),
      index: place,
      text: what.join(', '),
      bars: [
        { kind: 'before', loss: lossBefore },
        { kind: 'copy', loss: lossAfter },
        ...(after === null ? [] : [{ kind: 'after' as const, loss: after[place] }]),
      ],
    };
  });
}

const highestOf = (values: readonly number[]) => Math.max(1e-9, ...values.filter(Number.isFinite));
const meanOf = (samples: readonly DecodedSample[], name: 'lossBefore' | 'lossAfter') =>
  exact(mean(samples.map((sample) => sample[name])));

/** What is replayed, and beside it what the other rule would have replayed. */
export function FoundStage({ report, view }: { readonly report: DecodedRetrievalReport; readonly view: StageView }) {
  const { mirPicks, randomPicks, pictures, used, kind } = report;
  const { classNames, shape, images, lane } = view;
  const highest = highestOf(
    [...mirPicks, ...randomPicks].flatMap(({ lossBefore, lossAfter }) => [lossBefore, lossAfter]),
  );
  const list = (rule: 'mir' | 'random') => {
    const samples = rule === 'mir' ? mirPicks : randomPicks;
    return (
      <CellFrame title={`${used === rule ? 'Replayed' : 'Not used'}: ${rule === 'mir' ? 'MIR' : 'random'}`}>
        <LossCells
          lane={lane}
          name={rule === 'mir' ? 'MIR replays' : 'Random replays'}
          cells={decodedCells(samples, classNames, (place) => ({ kind: 'decoded', lane, rule, place }), null)}
          pixels={rule === 'mir' ? pictures.mirPicks : pictures.randomPicks}
          shape={shape}
          highest={highest}
        />
      </CellFrame>
    );
  };
  const [own, other] = used === 'mir' ? [mirPicks, randomPicks] : [randomPicks, mirPicks];
  const made = kind === 'generated' ? `Made-up ${images}, named by the old classifier` : 'Stored latents, decoded';
  return (
    <>
      <StageText>
        {made}. Mean loss, then on the copy: <b>{meanOf(own, 'lossBefore')}</b> <Arrow />{' '}
        <b>{meanOf(own, 'lossAfter')}</b>; with {used === 'mir' ? 'random' : 'MIR'} {meanOf(other, 'lossBefore')}{' '}
        <Arrow /> {meanOf(other, 'lossAfter')}.
      </StageText>
      {list(used)}
      {list(used === 'mir' ? 'random' : 'mir')}
      <BarKey kinds={['before', 'copy']} />
    </>
  );
}

/** The real step of a method with a decoder: losses of new and replayed images, before and after. */
export function DecodedRealStage({
  report,
  view,
}: {
  readonly report: DecodedRetrievalReport;
  readonly view: StageView;
}) {
  const { mirPicks, randomPicks, pictures, used, kind } = report;
  const { trace, classNames, shape, images, lane } = view;
  if (trace.losses === null) return null;
  const { incoming, replayed } = trace.losses;
  const samples = used === 'mir' ? mirPicks : randomPicks;
  const cells =
    replayed &&
    decodedCells(samples, classNames, (place) => ({ kind: 'decoded', lane, rule: used, place }), replayed.after);
  const highest = highestOf([
    ...incoming.before,
    ...incoming.after,
    ...(cells ?? []).flatMap(({ bars }) => bars.map(({ loss }) => loss)),
  ]);
  return (
    <>
      <Formula name={samples.length === 0 ? 'plainStep' : kind === 'generated' ? 'generativeStep' : 'hybridStep'} />
      <StageText>
        The classifier’s mean loss on the new {images}: <b>{exact(mean(incoming.before))}</b> <Arrow />{' '}
        <b>{exact(mean(incoming.after))}</b>
        {replayed === null ? (
          '.'
        ) : (
          <>
            ; on the replayed: <b>{exact(mean(replayed.before))}</b> <Arrow /> <b>{exact(mean(replayed.after))}</b>.
          </>
        )}
      </StageText>
      <IncomingLosses view={view} losses={incoming} highest={highest} titled={cells !== null} />
      {cells !== null && (
        <CellFrame title="Replayed">
          <LossCells
            lane={lane}
            name="Replayed images"
            cells={cells}
            pixels={used === 'mir' ? pictures.mirPicks : pictures.randomPicks}
            shape={shape}
            highest={highest}
          />
        </CellFrame>
      )}
      <BarKey kinds={cells === null ? ['before', 'after'] : ['before', 'copy', 'after']} />
    </>
  );
}
