import { useDeferredValue, useState } from 'react';
import { initialRetrieval, isHybrid, type MethodName } from '../../core/config.ts';
import { RadioChoice } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { useLab, useLabItems } from '../parts/contexts.ts';
import { laneColors, laneIdentity } from '../parts/laneIdentity.tsx';
import { imageWord } from '../parts/words.ts';
import type { FormulaName } from './formulas.ts';
import { GenerativeFlow, HybridFlow, MemoryFlow } from './flows.tsx';
import style from './StepPanel.module.css';
import { FlowStep, Formula, ImageStrip, type StepView } from './stepParts.tsx';

/** One part of a step: what happens, as a formula and in words. */
interface FlowPart {
  readonly title: string;
  readonly formula: FormulaName;
  readonly text: string;
}

/** One step of the methods that keep old images but retrieve none, after the incoming batch has come. */
const methodFlows: Readonly<Record<'gem' | 'icarl', readonly FlowPart[]>> = {
  gem: [
    {
      title: 'Gradients of the past',
      formula: 'pastGradients',
      text: 'One for each earlier task.',
    },
    {
      title: 'Would the step hurt?',
      formula: 'conflict',
      text: 'Then it would raise the loss on task k.',
    },
    {
      title: 'Turned gradient',
      formula: 'turnedGradient',
      text: 'The nearest that hurts no earlier task.',
    },
    {
      title: 'Real step',
      formula: 'turnedStep',
      text: 'Learn the new along it.',
    },
  ],
  icarl: [
    {
      title: 'Kept images',
      formula: 'keptImages',
      text: 'A random few of each old class’s most typical images come along.',
    },
    {
      title: 'Answers to learn',
      formula: 'answersToLearn',
      text: 'Old classes: what the network answered before this task. New ones: the label.',
    },
    {
      title: 'Real step',
      formula: 'answersStep',
      text: 'One yes or no for each class.',
    },
    {
      title: 'Naming an image',
      formula: 'nearestMean',
      text: 'The class whose kept images are nearest in the mean.',
    },
  ],
};

/** What a method does with an incoming batch, part by part. */
function MethodFlow({ method, view }: { readonly method: MethodName; readonly view: StepView }) {
  switch (method) {
    case 'gem':
    case 'icarl':
      return methodFlows[method].map(({ title, formula, text }) => (
        <FlowStep key={title} title={title}>
          <Formula name={formula} />
          <p>{text}</p>
        </FlowStep>
      ));
    case 'gen':
    case 'gen-mir':
      return <GenerativeFlow {...view} />;
    case 'ae-er':
    case 'ae-mir':
      return <HybridFlow {...view} />;
    case 'er':
    case 'er-mir':
    case 'fine-tune':
    case 'iid-online':
    case 'iid-offline':
      return <MemoryFlow {...view} />;
    default:
      return method satisfies never;
  }
}

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
  const rebuilt =
    isHybrid(method) && trace?.retrieval?.kind === 'latents' ? trace.retrieval.pictures.reconstructions : null;

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
