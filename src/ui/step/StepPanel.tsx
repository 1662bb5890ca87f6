import { useDeferredValue, useState } from 'react';
import { initialRetrieval } from '../../engine/config.ts';
import { isHybrid } from '../../state/methodFamily.ts';
import { laneColors, laneIdentity } from '../lanes/laneIdentity.ts';
import { useLab, useLabItems } from '../LabContext.ts';
import card from '../parts/Card.module.css';
import { RadioChoice } from '../parts/RadioChoice.tsx';
import { imageWord } from '../words.ts';
import { FlowStep } from './FlowStep.tsx';
import { ImageStrip } from './ImageStrip.tsx';
import { MethodFlow } from './MethodFlow.tsx';
import type { StepView } from './stepView.ts';
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
  const settings = useLab(({ shown, config }) => shown?.config ?? config);
  const letters = retrievals.map((_, index) => laneIdentity(index).letter);
  const view: StepView = { trace, retrieval, task, settings, shape, images };
  const rebuilt = isHybrid(method) && trace?.retrieval?.kind === 'latents' ? trace.retrieval.pictures.reconstructions : null;

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
          {rebuilt !== null && <ImageStrip pixels={rebuilt} count={trace?.incoming.length ?? 0} shape={shape} />}
          <p>
            {isHybrid(method)
              ? 'Ten new images; below, what the autoencoder makes of them: all that the network sees.'
              : `Ten new ${images}. They come only once.`}
          </p>
        </FlowStep>
        <MethodFlow method={method} view={view} />
      </ol>
    </section>
  );
}
