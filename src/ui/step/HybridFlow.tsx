import { FlowStep } from './FlowStep.tsx';
import { Formula } from './Formula.tsx';
import { hybridAscentTex, hybridStepTex, virtualStepTex } from './formulas.ts';
import { ImageStrip } from './ImageStrip.tsx';
import { LatentPath } from './LatentPath.tsx';
import type { StepView } from './stepView.ts';

/** One step of hybrid replay, after the incoming batch has come (Algorithm 3). */
export function HybridFlow({ trace, retrieval, task, settings, shape }: StepView) {
  const found = trace?.retrieval?.kind === 'latents' ? trace.retrieval : null;
  const rule = found?.used ?? retrieval;
  const replayed = found?.used === 'mir' ? found.mirPicks.length : (found?.randomPicks.length ?? 0);
  const early = replayed === 0 && task <= 1;
  return (
    <>
      <FlowStep title="Virtual step">
        <Formula tex={virtualStepTex} />
        <p>{rule === 'mir' ? 'Learn them on a copy; throw the copy away.' : 'Random does without; here only to compare.'}</p>
      </FlowStep>
      <FlowStep title="Latents climb">
        <Formula tex={hybridAscentTex} />
        {found !== null && found.path.length > 0 && shape !== null && (
          <LatentPath interference={found.path} pixels={found.pictures.path} shape={shape} />
        )}
        <p>
          {early
            ? 'From task 2 on: there is nothing old to forget yet.'
            : `The batch’s latents climb; of ${settings.aeCandidates.toLocaleString('en')} stored ones the nearest are taken.`}
        </p>
      </FlowStep>
      <FlowStep title="Retrieved latents" idle={early}>
        <ImageStrip
          pixels={(found?.used === 'mir' ? trace?.thumbnails.mirPicks : trace?.thumbnails.randomPicks) ?? null}
          count={replayed}
          shape={shape}
          framed
        />
        <p>{rule === 'mir' ? 'Ten of those taken, decoded.' : 'Ten of a random draw, decoded.'}</p>
      </FlowStep>
      <FlowStep title="Real step">
        <Formula tex={hybridStepTex} />
        <p>{replayed > 0 ? 'Learn the new and the retrieved, as decoded.' : 'Learn the new images, as decoded.'}</p>
      </FlowStep>
    </>
  );
}
