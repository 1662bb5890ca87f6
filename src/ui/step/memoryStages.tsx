import type { ReactNode } from 'react';
import type { Settings } from '../../core/config.ts';
import type { RetrievalReport, SampleReport, StepLosses } from '../../core/events.ts';
import { type MethodName, methods } from '../../core/methods.ts';
import { mean } from '../../core/metrics.ts';
import { plain } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { Said } from '../parts/Said.tsx';
import { exact, scoreFormula } from '../parts/MemoryThumb.tsx';
import { realStepWords, spokenSample } from '../parts/words.ts';
import type { LaneTrace } from '../../state/labState.ts';
import { rankedCandidates, type LossBar, type LossCell, LossCells } from './CandidateLosses.tsx';
import type { StageName } from './stages.ts';
import { Arrow, BarKey, CellFrame, StageText, Formula } from './stepParts.tsx';

/** What a stage is drawn from. */
export interface StageView {
  /** 0 for Lane A. */
  readonly lane: number;
  readonly method: MethodName;
  readonly trace: LaneTrace;
  readonly settings: Settings;
  readonly shape: readonly [number, number, number];
  readonly classNames: readonly string[];
  /** What the images are called. */
  readonly images: string;
}

const highestOf = (...lists: readonly (readonly number[] | null | undefined)[]) =>
  Math.max(1e-9, ...lists.flatMap((list) => list ?? []).filter(Number.isFinite));

function incomingCells(
  incoming: readonly SampleReport[],
  classNames: readonly string[],
  columns: readonly { readonly kind: LossBar['kind']; readonly name: string; readonly losses: readonly number[] }[],
): LossCell[] {
  return incoming.map(({ sample, label, task }, index) => ({
    image: { kind: 'image', sample, task },
    index,
    text: [
      spokenSample(label, task, classNames),
      ...columns.map(({ name, losses }) => `${name} ${exact(losses[index])}`),
    ].join(', '),
    bars: columns.map(({ kind, losses }) => ({ kind, loss: losses[index] })),
  }));
}

/** The batch as it comes, or before and after it was learnt on the copy. */
export function IncomingStage({ stage, view }: { readonly stage: 'incoming' | 'virtual'; readonly view: StageView }) {
  const { trace, classNames, shape, images } = view;
  const { losses } = trace;
  if (losses === null) {
    return <StageText>{say('step.tenNew', { images })}</StageText>;
  }
  const { before, virtual } = losses.incoming;
  const after = stage === 'virtual' ? virtual : null;
  const columns = [
    { kind: 'before' as const, name: say('step.lossWord'), losses: before },
    ...(after === null ? [] : [{ kind: 'copy' as const, name: say('step.onTheCopyWord'), losses: after }]),
  ];
  return (
    <>
      {stage === 'incoming' ? (
        <StageText>
          <Said text="step.newSeenOnce" values={{ count: before.length, images, loss: exact(mean(before)) }} />
        </StageText>
      ) : (
        <>
          <Formula name="virtualStep" />
          <StageText>
            <Said
              text="step.oneStepOnCopy"
              values={{
                rate: plain(trace.learningRate),
                before: exact(mean(before)),
                after: exact(mean(after ?? before)),
                arrow: <Arrow />,
              }}
            />
          </StageText>
        </>
      )}
      <CellFrame>
        <LossCells
          lane={view.lane}
          name={say('step.incomingImages')}
          cells={incomingCells(trace.incoming, classNames, columns)}
          pixels={trace.thumbnails.incoming}
          shape={shape}
          highest={highestOf(before, virtual)}
        />
      </CellFrame>
      <BarKey kinds={stage === 'incoming' ? ['before'] : ['before', 'copy']} />
    </>
  );
}

/** Sentences of the three stages in which memories are scored, sorted and taken. */
function candidateWords(stage: StageName, report: RetrievalReport): ReactNode {
  const { candidates, mirPicks, randomPicks, score } = report;
  switch (stage) {
    case 'candidates': {
      const worse = candidates.filter(({ loss, virtualLoss }) => virtualLoss > loss).length;
      return (
        <StageText>
          <Said
            text="step.copyKnowsWorse"
            values={{
              worse,
              count: candidates.length,
              before: exact(mean(candidates.map(({ loss }) => loss))),
              after: exact(mean(candidates.map(({ virtualLoss }) => virtualLoss))),
              arrow: <Arrow />,
            }}
          />
        </StageText>
      );
    }
    case 'sorting':
      return (
        <>
          <Formula name={score} />
          <StageText>
            <Said
              text="step.theFirst"
              values={{ formula: scoreFormula({ ...candidates[mirPicks[0]], rule: score }) }}
            />
          </StageText>
        </>
      );
    default: {
      const both = mirPicks.filter((pick) => randomPicks.includes(pick)).length;
      return (
        <StageText>
          <Said text="step.highestReplayed" values={{ count: mirPicks.length, both }} />
        </StageText>
      );
    }
  }
}

/** The candidates with both losses: as drawn, then sorted by score, then those taken apart from the others. */
export function CandidatesStage({
  stage,
  report,
  view,
}: {
  readonly stage: 'candidates' | 'sorting' | 'retrieved';
  readonly report: RetrievalReport;
  readonly view: StageView;
}) {
  const { trace, shape, classNames } = view;
  const ranked = rankedCandidates(report);
  const taken = stage === 'retrieved';
  const rank = new Map(ranked.map(({ position }, place) => [position, place + 1]));
  const cells = report.candidates.map(({ sample, label, task, loss, virtualLoss, score }, position): LossCell => {
    const [mir, random] = [report.mirPicks.includes(position), report.randomPicks.includes(position)];
    const told = [
      spokenSample(label, task, classNames),
      say('step.bothLosses', { loss: exact(loss), copy: exact(virtualLoss) }),
      ...(stage === 'candidates'
        ? []
        : [say('step.scoreAndRank', { score: exact(score), rank: rank.get(position) ?? '–' })]),
      ...(taken && mir ? [say('step.isReplayed')] : []),
      ...(taken && random ? [say('step.randomDrewIt')] : []),
    ];
    return {
      image: { kind: 'image', sample, task },
      index: position,
      text: told.join(', '),
      bars: [
        { kind: 'before', loss },
        { kind: 'copy', loss: virtualLoss },
      ],
      mir: taken && mir,
      random: taken && random,
      faint: taken && !mir,
    };
  });
  return (
    <>
      {candidateWords(stage, report)}
      <CellFrame>
        <LossCells
          lane={view.lane}
          name={taken ? say('step.replayedThenOthers') : say('step.candidates')}
          cells={cells}
          {...(stage === 'candidates' ? {} : { order: ranked.map(({ position }) => position) })}
          apart={taken ? report.mirPicks.length : 0}
          pixels={trace.thumbnails.candidates}
          shape={shape}
          highest={highestOf(report.candidates.flatMap(({ loss, virtualLoss }) => [loss, virtualLoss]))}
        />
      </CellFrame>
      <BarKey kinds={['before', 'copy']} />
    </>
  );
}

/** What random retrieval draws. */
export function DrawnStage({ report, view }: { readonly report: RetrievalReport; readonly view: StageView }) {
  const { trace, shape, classNames } = view;
  const { candidates, randomPicks, mirPicks } = report;
  const cells = randomPicks.map((position): LossCell => {
    const { sample, label, task, loss } = candidates[position];
    return {
      image: { kind: 'image', sample, task },
      index: position,
      text: say('step.withLoss', { label: spokenSample(label, task, classNames), loss: exact(loss) }),
      bars: [{ kind: 'before', loss }],
    };
  });
  const both = mirPicks.filter((pick) => randomPicks.includes(pick)).length;
  return (
    <>
      <StageText>
        <Said
          text="step.whateverTheirLoss"
          values={{
            drawn: randomPicks.length,
            loss: exact(mean(randomPicks.map((position) => candidates[position].loss))),
            hurt: mirPicks.length,
            both,
          }}
        />
      </StageText>
      <CellFrame>
        <LossCells
          lane={view.lane}
          name={say('step.drawnAtRandom')}
          cells={cells}
          pixels={trace.thumbnails.candidates}
          shape={shape}
          highest={highestOf(candidates.map(({ loss }) => loss))}
        />
      </CellFrame>
      <BarKey kinds={['before']} />
    </>
  );
}

/** The replayed images as cells: their losses before, on the copy that learns the new alone, and after. */
function replayedCells(
  { candidates, mirPicks, randomPicks, used }: RetrievalReport,
  { before, after }: NonNullable<StepLosses['replayed']>,
  classNames: readonly string[],
): LossCell[] {
  return (used === 'mir' ? mirPicks : randomPicks).map((position, place) => {
    const { sample, label, task, virtualLoss } = candidates[position];
    return {
      image: { kind: 'image', sample, task },
      index: position,
      text: say('step.threeLosses', {
        label: spokenSample(label, task, classNames),
        before: exact(before[place]),
        without: exact(virtualLoss),
        after: exact(after[place]),
      }),
      bars: [
        { kind: 'before', loss: before[place] },
        { kind: 'copy', loss: virtualLoss },
        { kind: 'after', loss: after[place] },
      ],
    };
  });
}

/** The incoming batch before and after the real step. */
export function IncomingLosses({
  view,
  losses,
  highest,
  titled,
}: {
  readonly view: StageView;
  readonly losses: StepLosses['incoming'];
  readonly highest: number;
  /** Whether others stand below it. */
  readonly titled: boolean;
}) {
  const { trace, shape, classNames } = view;
  const columns = [
    { kind: 'before' as const, name: say('step.lossWord'), losses: losses.before },
    { kind: 'after' as const, name: say('step.afterWord'), losses: losses.after },
  ];
  return (
    <CellFrame title={titled ? say('step.new') : null}>
      <LossCells
        lane={view.lane}
        name={say('step.incomingImages')}
        cells={incomingCells(trace.incoming, classNames, columns)}
        pixels={trace.thumbnails.incoming}
        shape={shape}
        highest={highest}
      />
    </CellFrame>
  );
}

/** The real step: losses of what came in and of what was replayed, before and after. */
export function RealStage({ report, view }: { readonly report: RetrievalReport | null; readonly view: StageView }) {
  const { trace, shape, classNames, settings, images } = view;
  const { losses } = trace;
  if (losses === null) return null;
  const { realStep } = methods[view.method];
  const { incoming, replayed } = losses;
  const again = report &&
    replayed && {
      ...replayed,
      cells: replayedCells(report, replayed, classNames),
      without: (report.used === 'mir' ? report.mirPicks : report.randomPicks).map(
        (position) => report.candidates[position].virtualLoss,
      ),
    };
  const highest = highestOf(incoming.before, incoming.after, again?.before, again?.without, again?.after);
  return (
    <>
      <Formula name={again === null ? 'plainStep' : (realStep?.tex ?? 'realStep')} />
      {again !== null && realStep !== undefined && <StageText>{realStepWords(view.method)}</StageText>}
      <StageText>
        {settings.iterations > 1 && `${say('step.firstIteration', { iterations: settings.iterations })} `}
        <Said
          text={again === null ? 'step.realLosses' : 'step.realLossesReplayed'}
          values={{
            images,
            before: exact(mean(incoming.before)),
            after: exact(mean(incoming.after)),
            arrow: <Arrow />,
            ...(again && {
              replayedBefore: exact(mean(again.before)),
              replayedAfter: exact(mean(again.after)),
              without: exact(mean(again.without)),
            }),
          }}
        />
      </StageText>
      <IncomingLosses view={view} losses={incoming} highest={highest} titled={again !== null} />
      {again !== null && (
        <CellFrame title={say('step.replayed')}>
          <LossCells
            lane={view.lane}
            name={say('step.replayedImages')}
            cells={again.cells}
            pixels={trace.thumbnails.candidates}
            shape={shape}
            highest={highest}
          />
        </CellFrame>
      )}
      <BarKey kinds={again === null ? ['before', 'after'] : ['before', 'copy', 'after']} />
    </>
  );
}
