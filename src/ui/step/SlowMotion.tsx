import { ChevronLeft, ChevronRight, Pause, Play } from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { MethodName } from '../../core/methods.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { flowParts } from '../parts/words.ts';
import { algorithmOf, awaits, begun, moved, type Stage, stagesOf, type Walk } from './stages.ts';
import { ClimbStage, DecodedRealStage, FoundStage } from './decodedStages.tsx';
import { PartStage } from './figureStages.tsx';
import { CandidatesStage, DrawnStage, IncomingStage, RealStage, type StageView } from './memoryStages.tsx';
import style from './SlowMotion.module.css';
import { useSlowMotion } from './SlowMotionButton.tsx';
import { StageText } from './stepParts.tsx';

/** Milliseconds for which a stage stands where the stages follow each other by themselves. */
const stageTime = 2_500;

/** What one stage shows, of the very tensors of the step. */
function StageBody({
  stage,
  method,
  view,
}: {
  readonly stage: Stage;
  readonly method: MethodName;
  readonly view: StageView;
}) {
  const { retrieval } = view.trace;
  const memory = retrieval?.kind === 'memory' ? retrieval : null;
  const decoded = retrieval !== null && retrieval.kind !== 'memory' ? retrieval : null;
  switch (stage.name) {
    case 'incoming':
    case 'virtual':
      return <IncomingStage stage={stage.name} view={view} />;
    case 'candidates':
    case 'sorting':
      return memory && <CandidatesStage stage={stage.name} report={memory} view={view} />;
    case 'retrieved':
      if (memory !== null) return <CandidatesStage stage={stage.name} report={memory} view={view} />;
      return decoded && <FoundStage report={decoded} view={view} />;
    case 'drawn':
      if (memory !== null) return <DrawnStage report={memory} view={view} />;
      return decoded && <FoundStage report={decoded} view={view} />;
    case 'climb':
      return decoded && <ClimbStage report={decoded} view={view} />;
    case 'part': {
      const part = flowParts(method)?.[stage.part];
      return part && <PartStage part={part} view={view} />;
    }
    case 'real':
      return decoded ? <DecodedRealStage report={decoded} view={view} /> : <RealStage report={memory} view={view} />;
    default:
      return stage.name satisfies never;
  }
}

/** The lines of the method's algorithm, those of the stage marked; folded, only those are told. */
function AlgorithmLines({
  method,
  used,
  stage,
}: {
  readonly method: MethodName;
  readonly used: 'mir' | 'random' | null;
  readonly stage: Stage;
}) {
  const algorithm = algorithmOf(method, used);
  if (algorithm === null) return null;
  const present = algorithm.lines.filter(({ name }) => stage.lines.includes(name));
  return (
    <details className={style.algorithm}>
      <summary>
        {algorithm.title}: <b>{present.map(({ text }) => text.replace(/:$/, '')).join('; ')}</b>
      </summary>
      <ol aria-label={algorithm.title}>
        {algorithm.lines.map(({ name, text }) => (
          <li key={name} data-present={stage.lines.includes(name)}>
            {stage.lines.includes(name) ? <mark>{text}</mark> : text}
          </li>
        ))}
      </ol>
    </details>
  );
}

/** One step of a lane, stage by stage, forwards and backwards. */
export function SlowMotion({
  walk,
  method,
  view,
}: {
  readonly walk: Walk;
  readonly method: MethodName;
  /** Null before the first traced step. */
  readonly view: StageView | null;
}) {
  const actions = useLabActions();
  const { go } = useSlowMotion.getState();
  const over = useLab(({ phase }) => phase.kind === 'finished');
  const tracedStep = view?.trace.step ?? null;
  const stages = view === null ? [] : stagesOf(method, view.trace, view.images);
  const present = Math.min(walk.stage, stages.length - 1);
  const waiting = view === null || awaits(walk, tracedStep);
  const atEnd = over && present === stages.length - 1;

  function move(by: 1 | -1): void {
    const next = moved(walk, by, stages.length);
    if (next !== 'next step') {
      go(next);
      return;
    }
    actions.step();
    go(begun(tracedStep ?? 0, walk.runs));
  }

  const whole = useRef<HTMLDivElement>(null);
  // Where the page scrolls, the button that begins it may be far away.
  useEffect(() => {
    // Newer browsers return a promise, which React would take for a clean-up.
    whole.current?.scrollIntoView({ block: 'nearest' });
  }, []);
  useEffect(() => {
    if (!walk.runs || waiting || atEnd) return undefined;
    const timer = setTimeout(() => move(1), stageTime);
    return () => clearTimeout(timer);
  });

  return (
    <div ref={whole} className={style.slow} aria-busy={waiting}>
      <ol className={style.stages} aria-label={say('step.stagesOfAStep')}>
        {stages.map(({ title, name, part }, index) => (
          <li key={`${name} ${part}`} {...(index === present && !waiting ? { 'aria-current': 'step' } : {})}>
            {title}
          </li>
        ))}
      </ol>
      <div className={style.moves}>
        <Button
          small
          icon={<ChevronLeft />}
          disabled={waiting || present === 0}
          onClick={() => move(-1)}
          aria-label={say('step.previousStage')}
        >
          {say('step.previous')}
        </Button>
        <Button
          small
          icon={walk.runs ? <Pause /> : <Play />}
          aria-label={walk.runs ? say('step.stopTheStages') : say('step.playTheStages')}
          onClick={() => go({ ...walk, runs: !walk.runs })}
        />
        <Button
          small
          icon={<ChevronRight />}
          disabled={waiting || atEnd}
          onClick={() => move(1)}
          aria-label={say('step.nextStage')}
        >
          {present === stages.length - 1 ? say('step.nextStep') : say('step.next')}
        </Button>
      </div>
      {waiting ? (
        <StageText>{say('step.theNextStepIsBeing')}</StageText>
      ) : (
        <div className={style.stage}>
          <AlgorithmLines method={method} used={view.trace.retrieval?.used ?? null} stage={stages[present]} />
          <StageBody stage={stages[present]} method={method} view={view} />
        </div>
      )}
    </div>
  );
}
