import { FlowStep } from './FlowStep.tsx';
import { Formula } from './Formula.tsx';
import { classifierAscentTex, generativeStepTex, generatorAscentTex, plainStepTex, virtualStepTex } from './formulas.ts';
import { ImageStrip } from './ImageStrip.tsx';
import { LatentPath } from './LatentPath.tsx';
import { ascendingNetwork } from './ascendingNetwork.ts';
import type { StepView } from './stepView.ts';

/** One step of generative replay, after the incoming batch has come (section 3.2). */
export function GenerativeFlow({ trace, retrieval, task, settings, shape, images }: StepView) {
  const found = trace?.retrieval?.kind === 'generated' ? trace.retrieval : null;
  // Right after a switch the images shown are still those of the retrieval before it.
  const rule = found?.used ?? retrieval;
  const replayed = found?.used === 'mir' ? found.mirPicks.length : (found?.randomPicks.length ?? 0);
  const early = replayed === 0 && task <= 1;
  const network = ascendingNetwork(settings);
  return (
    <>
      <FlowStep title="Virtual step">
        <Formula tex={virtualStepTex} />
        <p>{rule === 'mir' ? 'Learn them on copies of both networks.' : 'Random does without; here only to compare.'}</p>
      </FlowStep>
      <FlowStep title="Latents climb" idle={network === null}>
        {network === null ? (
          <p>Every weight of the latent objective is 0: MIR has nothing to climb, and replays random draws too.</p>
        ) : (
          <>
            <Formula tex={network === 'classifier' ? classifierAscentTex : generatorAscentTex} />
            {found !== null && found.path.length > 0 && shape !== null && (
              <LatentPath interference={found.path} pixels={found.pictures.path} shape={shape} />
            )}
            <p>
              {early
                ? 'From task 2 on: there is nothing old to forget yet.'
                : found !== null && found.path.length > 0
                  ? 'One on its way, decoded; below, how far copy and old answers part.'
                  : 'From random ones to images on which copy and old answers part.'}
            </p>
          </>
        )}
      </FlowStep>
      <FlowStep title={`Replayed: made-up ${images}`} idle={early}>
        <ImageStrip
          pixels={(found?.used === 'mir' ? trace?.thumbnails.mirPicks : trace?.thumbnails.randomPicks) ?? null}
          count={replayed}
          shape={shape}
          framed
        />
        <p>{rule === 'mir' ? 'Found, decoded; named by the old classifier.' : 'Random latents, decoded; named by the old classifier.'}</p>
      </FlowStep>
      <FlowStep title="Real step">
        <Formula tex={replayed > 0 ? generativeStepTex : plainStepTex} />
        <p>{replayed > 0 ? 'Both networks learn both.' : `Both networks learn the new ${images}.`}</p>
      </FlowStep>
    </>
  );
}
