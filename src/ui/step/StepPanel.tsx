import { lazyPart } from '../parts/lazyPart.tsx';
import { Sigma } from 'lucide-react';
import { useDeferredValue, useMemo, useState } from 'react';
import { laneConfigs } from '../../core/config.ts';
import { initialRetrieval, type MethodName, methods as catalogue } from '../../core/methods.ts';
import { say } from '../../texts/say.ts';
import { Button, RadioChoice } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { useLab, useLabItems } from '../parts/contexts.ts';
import { laneColors, laneIdentity } from '../parts/laneIdentity.tsx';
import { imageWord, spokenSample } from '../parts/words.ts';
import { GenerativeFlow, HybridFlow, MemoryFlow } from './flows.tsx';
import { useSlowMotion, SlowMotionButton } from './SlowMotionButton.tsx';
import style from './StepPanel.module.css';
import { FlowStep, Formula, ImageStrip, type StepView } from './stepParts.tsx';

/** Its stages are fetched when somebody wants to see a step slowly. */
const SlowMotion = lazyPart(async () => (await import('./SlowMotion.tsx')).SlowMotion);

/** What a method does with an incoming batch, part by part. */
function MethodFlow({ method, view }: { readonly method: MethodName; readonly view: StepView }) {
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
}

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
  function toggle(): void {
    setShown(!shown);
    try {
      localStorage.setItem(formulasKey, shown ? 'folded' : 'shown');
    } catch {
      // Storage is forbidden: the choice holds until the page is closed.
    }
  }
  return { shown, toggle };
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
  const images = useLab(({ shown, config }) => imageWord(shown?.config.scenario ?? config.scenario, shown?.classNames));
  const experiment = useLab(({ config }) => config);
  const shownRuns = useLab(({ shown }) => shown?.runConfigs ?? null);
  const runs = useMemo(() => shownRuns ?? laneConfigs(experiment), [shownRuns, experiment]);
  const letters = retrievals.map((_, index) => laneIdentity(index).letter);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  const view: StepView = {
    lane,
    method,
    classNames: classNames ?? [],
    trace,
    retrieval,
    task,
    settings: runs[lane],
    shape,
    images,
  };
  const formulas = useFormulas();
  const walk = useSlowMotion((state) => state.walk);
  const slowView =
    trace === null || shape === null || classNames === null
      ? null
      : { lane, method, trace, settings: runs[lane], shape, classNames, images };
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
  const hybrid = catalogue[method].flow === 'hybrid';
  const rebuilt = hybrid && trace?.retrieval?.kind === 'latents' ? trace.retrieval.pictures.reconstructions : null;

  return (
    <section
      data-spot="step"
      aria-label={say('step.whatOneStepDoes')}
      className={`${card.card} ${style.panel}`}
      data-formulas={formulas.shown}
      data-slow={walk !== null}
      style={laneColors(lane)}
    >
      <header className={style.header}>
        <h2 className={card.heading}>{say('step.oneStep')}</h2>
        <span className={style.narrow}>
          <SlowMotionButton />
        </span>
        <span className={style.tools}>
          <Button
            small
            aria-label={say('step.formulas')}
            aria-pressed={formulas.shown}
            icon={<Sigma />}
            onClick={formulas.toggle}
            tip={formulas.shown ? say('step.foldTheFormulasAway') : say('step.showTheFormulas')}
          >
            {letters.length < 4 && say('step.formulas')}
          </Button>
          {letters.length > 1 && (
            <RadioChoice
              label={say('step.laneExplained')}
              options={letters}
              words={Object.fromEntries(letters.map((letter) => [letter, letter]))}
              value={letters[lane]}
              onChange={(letter) => setChosen(letters.indexOf(letter))}
            />
          )}
        </span>
      </header>
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
