import type { GenerativeSettings } from '../../core/replaySettings.ts';
import { methods } from '../../core/methods.ts';
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
  return { name: 'Replayed images', images };
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
      <FlowStep title="Virtual step" idle={!replays}>
        <Formula name="virtualStep" />
        <p>
          {!replays
            ? 'Not part of this method.'
            : rule === 'mir'
              ? 'Learn them on a copy; throw the copy away.'
              : 'Random does without; here only to compare.'}
        </p>
      </FlowStep>
      <FlowStep
        title={`Candidates${found ? `: ${found.candidates.length} ${replaysCurrentTask ? 'stored' : 'old'} ${images}` : ''}`}
        idle={!replays}
      >
        {found ? <CandidateBars retrieval={found} /> : <Formula name={score} />}
        <p>
          {!replays
            ? 'Not part of this method.'
            : early
              ? 'From task 2 on: there is nothing old to forget yet.'
              : found
                ? 'Score: how much worse the copy knows it.'
                : `${settings.candidates} memories, drawn at random and scored.`}
        </p>
        {found && <Formula name={score} />}
      </FlowStep>
      <FlowStep title="Retrieved memories" idle={!replays || early}>
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
            ? 'Not part of this method.'
            : rule === 'mir'
              ? 'The highest scores: about to be forgotten.'
              : 'A random draw, whatever the scores.'}
        </p>
      </FlowStep>
      <FlowStep title="Real step">
        <Formula name={realStep?.tex ?? (found ? 'realStep' : 'plainStep')} />
        <p>
          {replays
            ? (realStepWords(view.method) ?? 'Learn the new and the retrieved together.')
            : `Learn the new ${images}, nothing else.`}
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
      <FlowStep title="Virtual step">
        <Formula name="virtualStep" />
        <p>
          {rule === 'mir' ? 'Learn them on copies of both networks.' : 'Random does without; here only to compare.'}
        </p>
      </FlowStep>
      <FlowStep title="Latents climb" idle={network === null}>
        {network === null ? (
          <p>Every weight of the latent objective is 0: MIR has nothing to climb, and replays random draws too.</p>
        ) : (
          <>
            <Formula name={network === 'classifier' ? 'classifierAscent' : 'generatorAscent'} />
            {found?.path && shape !== null && (
              <LatentPath climb={found.path} pixels={found.pictures.path} shape={shape} />
            )}
            <p>
              {early
                ? 'From task 2 on: there is nothing old to forget yet.'
                : found?.path
                  ? 'One on its way, decoded; below, what it climbs: the objective, all its terms with their weights.'
                  : 'From random ones to images on which copy and old answers part.'}
            </p>
          </>
        )}
      </FlowStep>
      <FlowStep title={`Replayed: made-up ${images}`} idle={early}>
        <ImageStrip
          named={replayedNames(found, view)}
          lane={view.lane}
          pixels={(found?.used === 'mir' ? trace?.thumbnails.mirPicks : trace?.thumbnails.randomPicks) ?? null}
          count={replayed}
          shape={shape}
          framed
        />
        <p>
          {rule === 'mir'
            ? 'Found, decoded; named by the old classifier.'
            : 'Random latents, decoded; named by the old classifier.'}
        </p>
      </FlowStep>
      <FlowStep title="Real step">
        <Formula name={replayed > 0 ? 'generativeStep' : 'plainStep'} />
        <p>{replayed > 0 ? 'Both networks learn both.' : `Both networks learn the new ${images}.`}</p>
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
      <FlowStep title="Virtual step">
        <Formula name="virtualStep" />
        <p>
          {rule === 'mir' ? 'Learn them on a copy; throw the copy away.' : 'Random does without; here only to compare.'}
        </p>
      </FlowStep>
      <FlowStep title="Latents climb">
        <Formula name="hybridAscent" />
        {found?.path && shape !== null && <LatentPath climb={found.path} pixels={found.pictures.path} shape={shape} />}
        <p>
          {early
            ? 'From task 2 on: there is nothing old to forget yet.'
            : `The batch’s latents climb; of ${settings.aeCandidates.toLocaleString('en')} stored ones the nearest are taken.`}
        </p>
      </FlowStep>
      <FlowStep title="Retrieved latents" idle={early}>
        <ImageStrip
          named={replayedNames(found, view)}
          lane={view.lane}
          pixels={(found?.used === 'mir' ? trace?.thumbnails.mirPicks : trace?.thumbnails.randomPicks) ?? null}
          count={replayed}
          shape={shape}
          framed
        />
        <p>{rule === 'mir' ? 'Ten of those taken, decoded.' : 'Ten of a random draw, decoded.'}</p>
      </FlowStep>
      <FlowStep title="Real step">
        <Formula name="hybridStep" />
        <p>{replayed > 0 ? 'Learn the new and the retrieved, as decoded.' : 'Learn the new images, as decoded.'}</p>
      </FlowStep>
    </>
  );
}
