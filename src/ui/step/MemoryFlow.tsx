import { CandidateBars } from './CandidateBars.tsx';
import { FlowStep } from './FlowStep.tsx';
import { Formula } from './Formula.tsx';
import { plainStepTex, realStepTex, scoreTex, virtualStepTex } from './formulas.ts';
import { ImageStrip } from './ImageStrip.tsx';
import type { StepView } from './stepView.ts';

/** One step of a method that replays stored images, or nothing, after the incoming batch has come (Algorithm 1). */
export function MemoryFlow({ trace, retrieval, task, settings, shape, images }: StepView) {
  const found = trace?.retrieval?.kind === 'memory' ? trace.retrieval : null;
  // Right after a switch the images shown are still those of the retrieval before it.
  const rule = found?.used ?? retrieval;
  const picks = found?.used === 'mir' ? found.mirPicks.length : found?.randomPicks.length;
  const replays = retrieval !== null;
  const early = replays && found === null && task <= 1;
  const score = scoreTex[settings.retrievalScore];
  return (
    <>
      <FlowStep title="Virtual step" idle={!replays}>
        <Formula tex={virtualStepTex} />
        <p>
          {!replays
            ? 'Not part of this method.'
            : rule === 'mir'
              ? 'Learn them on a copy; throw the copy away.'
              : 'Random does without; here only to compare.'}
        </p>
      </FlowStep>
      <FlowStep title={`Candidates${found ? `: ${found.candidates.length} old ${images}` : ''}`} idle={!replays}>
        {found ? <CandidateBars retrieval={found} /> : <Formula tex={score} />}
        <p>
          {!replays
            ? 'Not part of this method.'
            : early
              ? 'From task 2 on: there is nothing old to forget yet.'
              : found
                ? 'Score: how much worse the copy knows it.'
                : `${settings.candidates} memories, drawn at random and scored.`}
        </p>
        {found && <Formula tex={score} />}
      </FlowStep>
      <FlowStep title="Retrieved memories" idle={!replays || early}>
        {replays && (
          <ImageStrip
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
        <Formula tex={found ? realStepTex : plainStepTex} />
        <p>{replays ? 'Learn the new and the retrieved together.' : `Learn the new ${images}, nothing else.`}</p>
      </FlowStep>
    </>
  );
}
