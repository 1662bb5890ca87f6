import type { GenerativeSettings } from '../../core/replaySettings.ts';
import { methods } from '../../core/methods.ts';
import { number } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { realStepWords, spokenClass, spokenSample } from '../parts/words.ts';
import { CandidateBars } from './CandidateLosses.tsx';
import { FlowStep, Formula, ImageStrip, LatentPath, type StepView } from './stepParts.tsx';

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

/** One step of a method that replays stored images, or nothing, after the incoming batch has come (Algorithm 1). */
export function MemoryFlow(view: StepView) {
  const { trace, retrieval, task, settings, shape, images } = view;
  const found = trace?.retrieval?.kind === 'memory' ? trace.retrieval : null;
  // Right after a switch the images shown are still those of the retrieval before it.
  const rule = found?.used ?? retrieval;
  const picks = found?.used === 'mir' ? found.mirPicks.length : found?.randomPicks.length;
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
        {replays && (
          <ImageStrip
            named={replayedNames(found, view)}
            lane={view.lane}
            pixels={(found?.used === 'mir' ? trace?.thumbnails.mirPicks : trace?.thumbnails.randomPicks) ?? null}
            count={picks ?? 0}
            shape={shape}
            framed
          />
        )}
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
export function GenerativeFlow(view: StepView) {
  const { trace, retrieval, task, settings, shape, images } = view;
  const found = trace?.retrieval?.kind === 'generated' ? trace.retrieval : null;
  // Right after a switch the images shown are still those of the retrieval before it.
  const rule = found?.used ?? retrieval;
  const replayed = found?.used === 'mir' ? found.mirPicks.length : (found?.randomPicks.length ?? 0);
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
        <ImageStrip
          named={replayedNames(found, view)}
          lane={view.lane}
          pixels={(found?.used === 'mir' ? trace?.thumbnails.mirPicks : trace?.thumbnails.randomPicks) ?? null}
          count={replayed}
          shape={shape}
          framed
        />
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
export function HybridFlow(view: StepView) {
  const { trace, retrieval, task, settings, shape } = view;
  const found = trace?.retrieval?.kind === 'latents' ? trace.retrieval : null;
  const rule = found?.used ?? retrieval;
  const replayed = found?.used === 'mir' ? found.mirPicks.length : (found?.randomPicks.length ?? 0);
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
        <ImageStrip
          named={replayedNames(found, view)}
          lane={view.lane}
          pixels={(found?.used === 'mir' ? trace?.thumbnails.mirPicks : trace?.thumbnails.randomPicks) ?? null}
          count={replayed}
          shape={shape}
          framed
        />
        <p>{rule === 'mir' ? say('step.tenOfThoseTakenDecoded') : say('step.tenOfARandomDraw')}</p>
      </FlowStep>
      <FlowStep title={say('step.realStep')}>
        <Formula name="hybridStep" />
        <p>{replayed > 0 ? say('step.learnBothDecoded') : say('step.learnNewDecoded')}</p>
      </FlowStep>
    </>
  );
}
