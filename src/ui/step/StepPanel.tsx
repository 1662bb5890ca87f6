import { Sigma } from 'lucide-react';
import { memo, useCallback, useDeferredValue, useMemo, useState } from 'react';
import { lazyPart } from '../parts/lazyPart.tsx';
import { laneConfigs } from '../../core/config.ts';
import { initialRetrieval, type MethodName, methods as catalogue, methods } from '../../core/methods.ts';
import { say } from '../../texts/say.ts';
import { Button, RadioChoice } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { useLab, useLabItems } from '../parts/contexts.ts';
import { laneColors, laneIdentity } from '../parts/laneIdentity.tsx';
import { useRoom } from '../parts/room.ts';
import { imageWord, spokenSample, realStepWords, spokenClass } from '../parts/words.ts';
import { useSlowMotion, SlowMotionButton } from './SlowMotionButton.tsx';
import style from './StepPanel.module.css';
import { FlowStep, Formula, ImageStrip, type StepView, LatentPath } from './stepParts.tsx';
import type { GenerativeSettings } from '../../core/replaySettings.ts';
import { number } from '../../texts/numbers.ts';
import { CandidateBars } from './CandidateLosses.tsx';

/** What is replayed, as a list that can be asked about; null before there is any. */
function replayedNames(found: NonNullable<StepView['trace']>['retrieval'], { lane, classNames }: StepView) {
  if (found === null) return null;
  const { used } = found;
  const images =
    found.kind === 'memory'
      ? (used === 'mir' ? found.mirPicks : found.randomPicks).map((pick) => {
          const { sample, label, task } = found.candidates[pick];
          return { image: { kind: 'image' as const, sample, task }, text: spokenSample(label, task, classNames) };
        })
      : (used === 'mir' ? found.mirPicks : found.randomPicks).map(({ label }, place) => ({
          image: { kind: 'decoded' as const, lane, rule: used, place },
          text: spokenClass(label, classNames),
        }));
  return { name: say('step.replayedImages'), images };
}

type Found = Parameters<typeof replayedNames>[0];

/** How many images the step replays. */
function replayedCount(found: Found): number {
  return found?.used === 'mir' ? found.mirPicks.length : (found?.randomPicks.length ?? 0);
}

/** The images that the step replays. */
function ReplayedStrip({ found, view }: { readonly found: Found; readonly view: StepView }) {
  const { trace, lane, shape } = view;
  return (
    <ImageStrip
      named={replayedNames(found, view)}
      lane={lane}
      pixels={(found?.used === 'mir' ? trace?.thumbnails.mirPicks : trace?.thumbnails.randomPicks) ?? null}
      count={replayedCount(found)}
      shape={shape}
      framed
    />
  );
}

/** One step of a method that replays stored images, or nothing, after the incoming batch has come (Algorithm 1). */
function MemoryFlow(view: StepView) {
  const { trace, retrieval, task, settings, images } = view;
  const found = trace?.retrieval?.kind === 'memory' ? trace.retrieval : null;
  // Right after a switch the images shown are still those of the retrieval before it.
  const rule = found?.used ?? retrieval;
  const replays = retrieval !== null;
  const { realStep, replaysCurrentTask } = methods[view.method];
  const early = replays && found === null && task <= 1 && replaysCurrentTask !== true;
  const score = settings.retrievalScore;
  return (
    <>
      <FlowStep title={say('step.virtualStep')} idle={!replays}>
        <Formula name="virtualStep" />
        <p>
          {!replays
            ? say('step.notPartOfThisMethod')
            : rule === 'mir'
              ? say('step.learnThemOnACopy')
              : say('step.randomDoesWithoutHereOnly')}
        </p>
      </FlowStep>
      <FlowStep
        title={
          found === null
            ? say('step.candidates')
            : say(replaysCurrentTask ? 'step.storedCandidates' : 'step.oldCandidates', {
                count: found.candidates.length,
                images,
              })
        }
        idle={!replays}
      >
        {found ? <CandidateBars retrieval={found} /> : <Formula name={score} />}
        <p>
          {!replays
            ? say('step.notPartOfThisMethod')
            : early
              ? say('step.fromTask2OnThere')
              : found
                ? say('step.scoreHowMuchWorseThe')
                : say('step.memoriesDrawnAtRandomAnd', { candidates: settings.candidates })}
        </p>
        {found && <Formula name={score} />}
      </FlowStep>
      <FlowStep title={say('step.retrievedMemories')} idle={!replays || early}>
        {replays && <ReplayedStrip found={found} view={view} />}
        <p>
          {!replays
            ? say('step.notPartOfThisMethod')
            : rule === 'mir'
              ? say('step.theHighestScoresAboutTo')
              : say('step.aRandomDrawWhateverThe')}
        </p>
      </FlowStep>
      <FlowStep title={say('step.realStep')}>
        <Formula name={realStep?.tex ?? (found ? 'realStep' : 'plainStep')} />
        <p>
          {replays
            ? (realStepWords(view.method) ?? say('step.learnBoth'))
            : say('step.learnTheNewNothingElse', { images })}
        </p>
      </FlowStep>
    </>
  );
}

/** The network for which latents climb: the classifier, if both do; null where every weight of the objective is 0. */
export function ascendingNetwork(settings: GenerativeSettings): 'classifier' | 'generator' | null {
  const { clsInterference, clsEntropy, clsDiversity, clsShell } = settings;
  if (clsInterference + clsEntropy + clsDiversity + clsShell > 0) return 'classifier';
  const { genReconstruction, genKl, genEntropy, genDiversity, genShell } = settings;
  return genReconstruction + genKl + genEntropy + genDiversity + genShell > 0 ? 'generator' : null;
}

/** One step of generative replay, after the incoming batch has come (section 3.2). */
function GenerativeFlow(view: StepView) {
  const { trace, retrieval, task, settings, shape, images } = view;
  const found = trace?.retrieval?.kind === 'generated' ? trace.retrieval : null;
  // Right after a switch the images shown are still those of the retrieval before it.
  const rule = found?.used ?? retrieval;
  const replayed = replayedCount(found);
  const early = replayed === 0 && task <= 1;
  const network = ascendingNetwork(settings);
  return (
    <>
      <FlowStep title={say('step.virtualStep')}>
        <Formula name="virtualStep" />
        <p>{rule === 'mir' ? say('step.learnThemOnCopiesOf') : say('step.randomDoesWithoutHereOnly')}</p>
      </FlowStep>
      <FlowStep title={say('step.latentsClimb')} idle={network === null}>
        {network === null ? (
          <p>{say('step.nothingToClimb')}</p>
        ) : (
          <>
            <Formula name={network === 'classifier' ? 'classifierAscent' : 'generatorAscent'} />
            {found?.path && shape !== null && (
              <LatentPath climb={found.path} pixels={found.pictures.path} shape={shape} />
            )}
            <p>
              {early
                ? say('step.fromTask2OnThere')
                : found?.path
                  ? say('step.oneOnItsWayDecoded')
                  : say('step.fromRandomOnesToImages')}
            </p>
          </>
        )}
      </FlowStep>
      <FlowStep title={say('step.replayedMadeUp', { images })} idle={early}>
        <ReplayedStrip found={found} view={view} />
        <p>{rule === 'mir' ? say('step.foundDecodedNamedByThe') : say('step.randomLatentsDecodedNamedBy')}</p>
      </FlowStep>
      <FlowStep title={say('step.realStep')}>
        <Formula name={replayed > 0 ? 'generativeStep' : 'plainStep'} />
        <p>{replayed > 0 ? say('step.bothNetworksLearnBoth') : say('step.bothNetworksLearnTheNew', { images })}</p>
      </FlowStep>
    </>
  );
}

/** One step of hybrid replay, after the incoming batch has come (Algorithm 3). */
function HybridFlow(view: StepView) {
  const { trace, retrieval, task, settings, shape } = view;
  const found = trace?.retrieval?.kind === 'latents' ? trace.retrieval : null;
  const rule = found?.used ?? retrieval;
  const replayed = replayedCount(found);
  const early = replayed === 0 && task <= 1;
  return (
    <>
      <FlowStep title={say('step.virtualStep')}>
        <Formula name="virtualStep" />
        <p>{rule === 'mir' ? say('step.learnThemOnACopy') : say('step.randomDoesWithoutHereOnly')}</p>
      </FlowStep>
      <FlowStep title={say('step.latentsClimb')}>
        <Formula name="hybridAscent" />
        {found?.path && shape !== null && <LatentPath climb={found.path} pixels={found.pictures.path} shape={shape} />}
        <p>
          {early
            ? say('step.fromTask2OnThere')
            : say('step.theBatchLatentsClimbOf', { stored: number(settings.aeCandidates) })}
        </p>
      </FlowStep>
      <FlowStep title={say('step.retrievedLatents')} idle={early}>
        <ReplayedStrip found={found} view={view} />
        <p>{rule === 'mir' ? say('step.tenOfThoseTakenDecoded') : say('step.tenOfARandomDraw')}</p>
      </FlowStep>
      <FlowStep title={say('step.realStep')}>
        <Formula name="hybridStep" />
        <p>{replayed > 0 ? say('step.learnBothDecoded') : say('step.learnNewDecoded')}</p>
      </FlowStep>
    </>
  );
}

/** Its stages are fetched when somebody wants to see a step slowly. */
const SlowMotion = lazyPart(async () => (await import('./SlowMotion.tsx')).SlowMotion);

/** What a method does with an incoming batch, part by part. */
const MethodFlow = memo(function MethodFlow({
  method,
  view,
}: {
  readonly method: MethodName;
  readonly view: StepView;
}) {
  const { flow } = catalogue[method];
  switch (flow) {
    case 'memory':
      return <MemoryFlow {...view} />;
    case 'generative':
      return <GenerativeFlow {...view} />;
    case 'hybrid':
      return <HybridFlow {...view} />;
    default:
      return flow.map(({ title, tex, text }) => (
        <FlowStep key={title} title={title}>
          <Formula name={tex} />
          <p>{text}</p>
        </FlowStep>
      ));
  }
});

const formulasKey = 'mir-lab-formulas';

/** Whether formulas are shown; remembered on this device. */
function useFormulas(): { readonly shown: boolean; readonly toggle: () => void } {
  const [shown, setShown] = useState(() => {
    try {
      return localStorage.getItem(formulasKey) !== 'folded';
    } catch {
      return true;
    }
  });
  const toggle = useCallback(() => {
    setShown(!shown);
    try {
      localStorage.setItem(formulasKey, shown ? 'folded' : 'shown');
    } catch {
      // Storage is forbidden: the choice holds until the page is closed.
    }
  }, [shown]);
  return { shown, toggle };
}

/** How many levels of things a step can leave out where there is little room; StepPanel.module.css says which. */
const tightest = 3;

/** What leads through a step, folds its formulas away and chooses its lane. */
const StepHead = memo(function StepHead({
  formulas,
  toggle,
  lanes,
  lane,
  choose,
}: {
  readonly formulas: boolean;
  readonly toggle: () => void;
  readonly lanes: number;
  readonly lane: number;
  readonly choose: (lane: number) => void;
}) {
  const letters = Array.from({ length: lanes }, (_, index) => laneIdentity(index).letter);
  return (
    <header className={style.header}>
      <h2 className={card.heading}>{say('step.oneStep')}</h2>
      <span className={style.narrow}>
        <SlowMotionButton />
      </span>
      <span className={style.tools}>
        <Button
          small
          aria-label={say('step.formulas')}
          aria-pressed={formulas}
          icon={<Sigma />}
          onClick={toggle}
          tip={formulas ? say('step.foldTheFormulasAway') : say('step.showTheFormulas')}
        >
          {letters.length < 4 && say('step.formulas')}
        </Button>
        {letters.length > 1 && (
          <RadioChoice
            label={say('step.laneExplained')}
            options={letters}
            words={Object.fromEntries(letters.map((letter) => [letter, letter]))}
            value={letters[lane]}
            onChange={(letter) => choose(letters.indexOf(letter))}
          />
        )}
      </span>
    </header>
  );
});

/** One training step of one lane, from the incoming batch to the update, as it just happened. */
export function StepPanel() {
  const retrievals = useLabItems(
    ({ shown, config }) => shown?.lanes.map((lane) => lane.retrieval) ?? config.lanes.map(initialRetrieval),
  );
  const methods = useLabItems(({ shown, config }) => shown?.lanes.map((lane) => lane.method) ?? config.lanes);
  const [chosen, setChosen] = useState<number | null>(null);
  const usual = Math.max(0, retrievals.includes('mir') ? retrievals.indexOf('mir') : retrievals.indexOf('random'));
  const lane = chosen !== null && chosen < retrievals.length ? chosen : usual;
  const retrieval = retrievals[lane] ?? null;
  const method = methods[lane];
  const trace = useDeferredValue(useLab(({ shown }) => shown?.lanes[lane]?.trace ?? null));
  const shape = useLab(({ shown }) => shown?.imageShape ?? null);
  const task = useLab(({ shown }) => shown?.task ?? 1);
  const images = useLab(({ shown, config }) => imageWord(shown?.config.scenario ?? config.scenario, shown?.classNames));
  const experiment = useLab(({ config }) => config);
  const shownRuns = useLab(({ shown }) => shown?.runConfigs ?? null);
  const runs = useMemo(() => shownRuns ?? laneConfigs(experiment), [shownRuns, experiment]);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  const settings = runs[lane];
  // The same as before where nothing of it has changed: a new trace is drawn when the page has time for it.
  const view = useMemo(
    (): StepView => ({ lane, method, classNames: classNames ?? [], trace, retrieval, task, settings, shape, images }),
    [lane, method, classNames, trace, retrieval, task, settings, shape, images],
  );
  const formulas = useFormulas();
  const walk = useSlowMotion((state) => state.walk);
  const slowView =
    trace === null || shape === null || classNames === null
      ? null
      : { lane, method, trace, settings, shape, classNames, images };
  const incoming = useMemo(
    () =>
      trace && {
        name: say('step.incomingImages'),
        images: trace.incoming.map(({ sample, label, task: own }) => ({
          image: { kind: 'image' as const, sample, task: own },
          text: spokenSample(label, own, classNames ?? []),
        })),
      },
    [trace, classNames],
  );
  const about = `${method} ${retrieval} ${task > 1} ${formulas.shown} ${walk !== null} ${trace === null}`;
  const panel = useRoom<HTMLElement>(tightest, about, 'ol > li');
  const hybrid = catalogue[method].flow === 'hybrid';
  const rebuilt = hybrid && trace?.retrieval?.kind === 'latents' ? trace.retrieval.pictures.reconstructions : null;

  return (
    <section
      ref={panel}
      data-spot="step"
      aria-label={say('step.whatOneStepDoes')}
      className={`${card.card} ${style.panel}`}
      data-formulas={formulas.shown}
      data-slow={walk !== null}
      style={laneColors(lane)}
    >
      <StepHead
        formulas={formulas.shown}
        toggle={formulas.toggle}
        lanes={retrievals.length}
        lane={lane}
        choose={setChosen}
      />
      {walk !== null ? (
        <SlowMotion walk={walk} method={method} view={slowView} />
      ) : (
        <ol className={style.flow}>
          <FlowStep title={say('step.incomingBatch')}>
            <ImageStrip
              named={incoming}
              pixels={trace?.thumbnails.incoming ?? null}
              count={trace?.incoming.length ?? 0}
              shape={shape}
            />
            {rebuilt !== null && <ImageStrip pixels={rebuilt} count={trace?.incoming.length ?? 0} shape={shape} />}
            <p>{hybrid ? say('step.tenNewRebuilt') : say('step.tenNew', { images })}</p>
          </FlowStep>
          <MethodFlow method={method} view={view} />
        </ol>
      )}
    </section>
  );
}
