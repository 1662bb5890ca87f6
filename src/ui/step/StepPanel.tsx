import { useDeferredValue, useState } from 'react';
import { initialRetrieval } from '../../engine/config.ts';
import { laneColors, laneIdentity } from '../lanes/laneIdentity.ts';
import { useLab, useLabItems } from '../LabContext.ts';
import card from '../parts/Card.module.css';
import { RadioChoice } from '../parts/RadioChoice.tsx';
import { imageWord } from '../words.ts';
import { CandidateBars } from './CandidateBars.tsx';
import { FlowStep } from './FlowStep.tsx';
import { Formula } from './Formula.tsx';
import { plainStepTex, realStepTex, scoreTex, virtualStepTex } from './formulas.ts';
import { ImageStrip } from './ImageStrip.tsx';
import { methodFlows } from './methodFlows.ts';
import style from './StepPanel.module.css';

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
  const images = useLab(({ shown, config }) => imageWord(shown?.config.scenario ?? config.scenario));
  const score = useLab(({ shown, config }) => shown?.config.retrievalScore ?? config.retrievalScore);
  const candidates = useLab(({ shown, config }) => shown?.config.candidates ?? config.candidates);
  const found = trace?.retrieval ?? null;
  // Right after a switch the images shown are still those of the retrieval before it.
  const rule = found?.used ?? retrieval;
  const picks = found?.used === 'mir' ? found.mirPicks.length : found?.randomPicks.length;
  const replays = retrieval !== null;
  const early = replays && found === null && task <= 1;
  const letters = retrievals.map((_, index) => laneIdentity(index).letter);

  return (
    <section aria-label="What one step does" className={`${card.card} ${style.panel}`} style={laneColors(lane)}>
      <header className={style.header}>
        <h2 className={card.heading}>What one step does</h2>
        {letters.length > 1 && (
          <RadioChoice
            label="Lane explained"
            options={letters}
            words={Object.fromEntries(letters.map((letter) => [letter, letter]))}
            value={letters[lane]}
            onChange={(letter) => setChosen(letters.indexOf(letter))}
          />
        )}
      </header>
      <ol className={style.flow}>
        <FlowStep title="Incoming batch">
          <ImageStrip pixels={trace?.thumbnails.incoming ?? null} count={trace?.incoming.length ?? 0} shape={shape} />
          <p>Ten new {images}. They come only once.</p>
        </FlowStep>
        {method === 'gem' || method === 'icarl' ? (
          methodFlows[method].map(({ title, tex, text }) => (
            <FlowStep key={title} title={title}>
              <Formula tex={tex} />
              <p>{text}</p>
            </FlowStep>
          ))
        ) : (
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
              {found ? <CandidateBars retrieval={found} /> : <Formula tex={scoreTex[score]} />}
              <p>
                {!replays
                  ? 'Not part of this method.'
                  : early
                    ? 'From task 2 on: there is nothing old to forget yet.'
                    : found
                      ? 'Score: how much worse the copy knows it.'
                      : `${candidates} memories, drawn at random and scored.`}
              </p>
              {found && <Formula tex={scoreTex[score]} />}
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
        )}
      </ol>
    </section>
  );
}
