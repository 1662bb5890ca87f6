import { X } from 'lucide-react';
import { useDeferredValue } from 'react';
import { methodsOf, type MethodName } from '../../engine/config.ts';
import type { ReplayCounts } from '../../engine/events.ts';
import { isGenerative, isHybrid } from '../../state/methodFamily.ts';
import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { LaneMarker } from '../parts/LaneMarker.tsx';
import { RadioChoice } from '../parts/RadioChoice.tsx';
import { imageWord, keepsMemory, methodSentences, methodWords, retrievalWords } from '../words.ts';
import { AddLane } from './AddLane.tsx';
import { DecodedMemories } from './DecodedMemories.tsx';
import { laneColors, laneIdentity } from './laneIdentity.ts';
import { LaneMemories } from './LaneMemories.tsx';
import { LaneNumbers } from './LaneNumbers.tsx';
import { ReplayShareBars } from './ReplayShareBars.tsx';
import style from './LaneCard.module.css';

const noCounts: ReplayCounts = { replayedByClass: [], replayedByTask: [], storedByClass: [], storedByTask: [] };

const retrievals = ['random', 'mir'] as const;

/** One lane: what it runs, what it replays and what it remembers. */
export function LaneCard({ lane, lanes }: { readonly lane: number; readonly lanes: number }) {
  const dense = lanes > 2;
  const last = lane === lanes - 1;
  const actions = useLabActions();
  const state = useLab(({ shown }) => shown?.lanes[lane] ?? null);
  // Many small parts: drawn when the page has time for them, so that it always answers.
  const trace = useDeferredValue(state?.trace ?? null);
  const reconstructions = useDeferredValue(state?.reconstructions ?? null);
  const counts = useDeferredValue(state?.counts ?? null);
  const tasks = useLab(({ shown }) => shown?.tasks ?? null);
  const task = useLab(({ shown }) => shown?.task ?? 1);
  const shape = useLab(({ shown }) => shown?.imageShape ?? null);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  const scenario = useLab(({ shown, config }) => shown?.config.scenario ?? config.scenario);
  const imported = useLab(({ phase }) => phase.kind === 'imported');
  const onlyLane = useLab((lab) => lab.config.lanes.length === 1);
  if (state === null || tasks === null || shape === null || classNames === null) return null;

  const { letter, marker } = laneIdentity(lane);
  const decoded = isGenerative(state.method) ? 'generated' : isHybrid(state.method) ? 'latents' : null;
  const common = { trace, task, shape, classNames, images: imageWord(scenario), dense, imported };
  return (
    <section
      aria-label={`Lane ${letter}`}
      className={style.lane}
      data-lanes={lanes}
      data-dense={dense}
      data-decoded={decoded !== null}
      data-stopped={state.stopped !== null}
      style={laneColors(lane)}
    >
      <header className={style.header}>
        <h3 className={style.name}>
          <LaneMarker shape={marker} color="var(--lane)" />
          Lane {letter}
        </h3>
        <select
          aria-label="Method"
          className={`${choice.select} ${choice.small}`}
          value={state.method}
          disabled={imported}
          title={methodSentences[state.method]}
          onChange={(event) => actions.setLaneMethod(lane, event.target.value as MethodName)}
        >
          {methodsOf(scenario).map((method) => (
            <option key={method} value={method} title={methodSentences[method]}>
              {methodWords[method]}
            </option>
          ))}
        </select>
        {state.retrieval !== null && (
          <>
            <span className={style.replays} aria-hidden="true">
              replays
            </span>
            <RadioChoice
              label="Retrieval"
              options={retrievals}
              words={retrievalWords}
              value={state.retrieval}
              onChange={(retrieval) => actions.setRetrieval(lane, retrieval)}
            />
          </>
        )}
        <span className={style.change}>
          {!imported && last && <AddLane />}
          {!imported && !onlyLane && (
            <Button
              tone="plain"
              small
              icon={<X />}
              aria-label={`Remove lane ${letter}`}
              onClick={() => actions.removeLane(lane)}
            />
          )}
        </span>
      </header>
      <div className={style.body}>
        <LaneNumbers lane={state} />
        {decoded !== null && state.retrieval !== null ? (
          <DecodedMemories
            {...common}
            kind={decoded}
            reconstructions={reconstructions}
            retrieval={state.retrieval}
          />
        ) : (
          <LaneMemories {...common} method={state.method} retrieval={state.retrieval} tasks={tasks.length} />
        )}
      </div>
      {state.stopped !== null && (
        <p role="alert" className={style.stopped}>
          {state.stopped}
        </p>
      )}
      {state.stopped === null && decoded === null && keepsMemory(state.method) && tasks.length > 0 && (
        <div className={style.share}>
          <ReplayShareBars
            counts={counts ?? noCounts}
            tasks={tasks}
            classNames={classNames}
            replays={state.retrieval !== null}
          />
        </div>
      )}
    </section>
  );
}
