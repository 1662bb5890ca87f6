import type { ClimbReport, ClimbTermName, DecodedRetrievalReport, DecodedSample } from '../../core/events.ts';
import { mean } from '../../core/metrics.ts';
import { fixed, plain } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { Said } from '../parts/Said.tsx';
import { type ShownImage, exact } from '../parts/MemoryThumb.tsx';
import { classInSentence, percent, spokenClass } from '../parts/words.ts';
import { type LossCell, LossCells } from './CandidateLosses.tsx';
import { IncomingLosses, type StageView } from './memoryStages.tsx';
import style from './SlowMotion.module.css';
import { Arrow, BarKey, CellFrame, StageText, Formula, LatentPath } from './stepParts.tsx';

const termWords = (term: ClimbTermName) => say(`step.terms.${term}`);

/** A weight as it is set, with its sign: "+1", "−0.5". */
function signedWeight(weight: number): string {
  return `${weight < 0 ? '−' : '+'}${plain(Number(Math.abs(weight).toPrecision(3)))}`;
}

/** The first and the last value of an ascent with as many decimals as tell them apart, 3 to 6; 3 where none do. */
function endsOf(values: readonly number[]): readonly [string, string] {
  const [first, last] = [values[0], values[values.length - 1]];
  const decimals = [3, 4, 5, 6].find((count) => first === last || first.toFixed(count) !== last.toFixed(count)) ?? 3;
  const text = (value: number) => (Math.abs(value) < 100 ? fixed(value, decimals) : exact(value));
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
      aria-label={say('step.objectiveGoes', { first, last, steps: objective.length - 1 })}
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
    return <StageText>{say('step.nothingClimbed')}</StageText>;
  }
  const [start, end] = endsOf(path.objective);
  const falls = path.objective[path.objective.length - 1] < path.objective[0];
  const later = kind === 'generated' && settings.clsDiversity + settings.genDiversity > 0;
  return (
    <>
      <StageText>{say(falls ? 'step.oneLatentFalls' : 'step.oneLatentClimbs')}</StageText>
      <LatentPath climb={path} pixels={pictures.path} shape={shape} />
      <ObjectiveLine objective={path.objective} />
      <table className={style.terms} aria-label={say('step.objective')}>
        <thead>
          <tr>
            <th scope="col">{say('step.term')}</th>
            <th scope="col">{say('step.weight')}</th>
            <th scope="col">{say('step.start')}</th>
            <th scope="col">{say('step.end')}</th>
          </tr>
        </thead>
        <tbody>
          {path.terms.map(({ name, weight, values }) => {
            const ends = endsOf(values);
            return (
              <tr key={name}>
                <th scope="row">{termWords(name)}</th>
                <td>{signedWeight(weight)}</td>
                <td>{ends[0]}</td>
                <td>{ends[1]}</td>
              </tr>
            );
          })}
          <tr>
            <th scope="row">{say('step.objectiveRow')}</th>
            <td />
            <td>{start}</td>
            <td>{end}</td>
          </tr>
        </tbody>
      </table>
      {later && <p className={style.text}>{say('step.firstRound', { diversity: termWords('diversity') })}</p>}
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
        : say('step.takenFor', { name: classInSentence(label, classNames) }),
      ...(task === null ? [] : [say('step.task', { task })]),
      ...(confidence === null ? [] : [`${percent(confidence, 0)} %`]),
      say('step.loss', { loss: exact(lossBefore) }),
      say('step.onTheCopy', { loss: exact(lossAfter) }),
      ...(after === null ? [] : [say('step.after', { loss: exact(after[place]) })]),
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

const ruleWord = (rule: 'mir' | 'random') => (rule === 'mir' ? 'MIR' : say('step.randomWord'));

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
      <CellFrame title={say(used === rule ? 'step.replayedBy' : 'step.notUsedBy', { rule: ruleWord(rule) })}>
        <LossCells
          lane={lane}
          name={say(rule === 'mir' ? 'step.mirReplays' : 'step.randomReplays')}
          cells={decodedCells(samples, classNames, (place) => ({ kind: 'decoded', lane, rule, place }), null)}
          pixels={rule === 'mir' ? pictures.mirPicks : pictures.randomPicks}
          shape={shape}
          highest={highest}
        />
      </CellFrame>
    );
  };
  const [own, other] = used === 'mir' ? [mirPicks, randomPicks] : [randomPicks, mirPicks];
  const made = kind === 'generated' ? say('step.madeUpNamedByThe', { images }) : say('step.storedLatentsDecoded');
  return (
    <>
      <StageText>
        <Said
          text="step.foundLosses"
          values={{
            made,
            before: meanOf(own, 'lossBefore'),
            after: meanOf(own, 'lossAfter'),
            other: ruleWord(used === 'mir' ? 'random' : 'mir'),
            otherBefore: meanOf(other, 'lossBefore'),
            otherAfter: meanOf(other, 'lossAfter'),
            arrow: <Arrow />,
          }}
        />
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
        <Said
          text={replayed === null ? 'step.classifierLoss' : 'step.classifierLosses'}
          values={{
            images,
            before: exact(mean(incoming.before)),
            after: exact(mean(incoming.after)),
            arrow: <Arrow />,
            ...(replayed && {
              replayedBefore: exact(mean(replayed.before)),
              replayedAfter: exact(mean(replayed.after)),
            }),
          }}
        />
      </StageText>
      <IncomingLosses view={view} losses={incoming} highest={highest} titled={cells !== null} />
      {cells !== null && (
        <CellFrame title={say('step.replayed')}>
          <LossCells
            lane={lane}
            name={say('step.replayedImages')}
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
