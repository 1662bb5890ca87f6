import { Plus, X } from 'lucide-react';
import { useDeferredValue } from 'react';
import type { ReplayCounts } from '../../core/events.ts';
import { type MethodName, methods, methodsOf, suggestedMethod } from '../../core/methods.ts';
import type { LaneState } from '../../state/labState.ts';
import { number } from '../../texts/numbers.ts';
import { stopWords } from '../../state/failureWords.ts';
import { say } from '../../texts/say.ts';
import { LaneAnswers } from '../ask/Answers.tsx';
import { Button, RadioChoice } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { laneColors, laneIdentity, LaneMarker, mostLanes } from '../parts/laneIdentity.tsx';
import { useRoom } from '../parts/room.ts';
import { differenceTexts, imageWord, methodSentence, nats, percent, retrievalWord } from '../parts/words.ts';
import { DecodedMemories, LaneMemories } from './LaneMemories.tsx';
import style from './LaneCard.module.css';
import panelStyle from './LanesPanel.module.css';
import { ReplayShareBars } from './ReplayShareBars.tsx';

/** Adds a lane to compare with, while there may be more. */
function AddLane() {
  const actions = useLabActions();
  const running = useLab((state) => state.config.lanes);
  const scenario = useLab((state) => state.config.scenario);
  if (running.length >= mostLanes) return null;
  const suggestion = suggestedMethod(scenario, running);
  return (
    <Button
      small
      icon={<Plus />}
      aria-label={say('lanes.addLane')}
      onClick={() => actions.addLane(suggestion)}
      tip={say('lanes.addTip', { letter: laneIdentity(running.length).letter, label: methods[suggestion].label })}
    >
      {say('lanes.addWord')}
    </Button>
  );
}

/** A percentage of at most four characters: "97.5", "100". */
function percentWords(fraction: number | null | undefined): string {
  return percent(fraction, fraction === 1 ? 0 : 1);
}

/**
 * What a lane has come to at its latest evaluation.
 *
 * @param task that the run is at: until it has been evaluated, the numbers are of the time before it
 */
function LaneNumbers({ lane, task }: { readonly lane: LaneState; readonly task: number }) {
  const latest = lane.evaluations.at(-1);
  const elbo = latest?.elbo ?? null;
  const earlier = latest !== undefined && latest.task < task;
  return (
    <dl className={style.numbers} data-earlier={earlier}>
      <BigNumber
        name={say(earlier ? 'lanes.before' : 'lanes.right')}
        text={percentWords(latest?.averageAccuracy)}
        unit={say('curves.percentUnit')}
        title={say('lanes.rightTip')}
      />
      <BigNumber
        name={say('lanes.forgot')}
        text={percentWords(latest?.averageForgetting)}
        unit={say('curves.percentUnit')}
        title={say('lanes.forgotTip')}
      />
      {elbo !== null && <BigNumber name={say('lanes.elbo')} text={nats(elbo.total)} unit="" />}
      {lane.replacedLatents > 0 && (
        <BigNumber
          name={say('lanes.replacedLatents', { count: lane.replacedLatents })}
          text={number(lane.replacedLatents)}
          unit=""
          title={say('lanes.replacedTip')}
          small
        />
      )}
    </dl>
  );
}

function BigNumber({
  name,
  text,
  unit,
  title,
  small = false,
}: {
  readonly name: string;
  readonly text: string;
  readonly unit: string;
  readonly title?: string;
  readonly small?: boolean;
}) {
  return (
    <div title={title} data-small={small}>
      <dt>{name}</dt>
      <dd>
        {text}
        {unit !== '' && text !== '–' && <small>{unit}</small>}
      </dd>
    </div>
  );
}

const noCounts: ReplayCounts = { replayedByClass: [], replayedByTask: [], storedByClass: [], storedByTask: [] };

const retrievals = ['random', 'mir'] as const;

/** One lane: what it runs, what it replays and what it remembers. */
function LaneCard({ lane, lanes }: { readonly lane: number; readonly lanes: number }) {
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
  const over = useLab(({ phase }) => ['imported', 'kept', 'finished'].includes(phase.kind));
  const fixed = useLab(({ phase }) => !['loading', 'paused', 'playing'].includes(phase.kind));
  const runs = useLab(({ shown }) => shown?.runConfigs ?? null);
  const onlyLane = useLab((lab) => lab.config.lanes.length === 1);
  if (state === null || tasks === null || shape === null || classNames === null) return null;

  const { letter, marker } = laneIdentity(lane);
  const settings = runs === null ? [] : differenceTexts(runs[lane], runs);
  const { flow, memory } = methods[state.method];
  const decoded = flow === 'generative' ? 'generated' : flow === 'hybrid' ? 'latents' : null;
  const dense = lanes > 2 || (lanes === 2 && decoded !== null);
  const images = imageWord(scenario, classNames);
  const numbersOnly = imported || (over && state.trace === null);
  const common = { lane, trace, task, tasks: tasks.length, shape, classNames, images, dense, numbersOnly };
  return (
    <section
      data-spot={`lane-${letter.toLowerCase()}`}
      aria-label={say('lanes.name', { letter })}
      className={style.lane}
      data-lanes={lanes}
      data-dense={lanes > 2}
      data-decoded={decoded !== null}
      data-picks={state.retrieval !== null}
      data-keeps={memory === 'images'}
      data-last={!imported && last && lanes < mostLanes}
      data-stopped={state.stopped !== null}
      style={laneColors(lane)}
    >
      <header className={style.header}>
        <h3 className={style.name}>
          <LaneMarker shape={marker} color="var(--lane)" />
          {say('lanes.name', { letter })}
        </h3>
        <select
          aria-label={say('lanes.method')}
          className={`${choice.select} ${choice.small}`}
          value={state.method}
          disabled={imported}
          title={imported ? say('lanes.imported') : methodSentence(state.method)}
          onChange={(event) => actions.setLaneMethod(lane, event.target.value as MethodName)}
        >
          {methodsOf(scenario).map((method) => (
            <option key={method} value={method} title={methodSentence(method)}>
              {methods[method].label}
            </option>
          ))}
        </select>
        {state.retrieval !== null && (
          <>
            <span className={style.replays} aria-hidden="true">
              {say('lanes.replays')}
            </span>
            <RadioChoice
              label={say('lanes.retrieval')}
              options={retrievals}
              words={{ random: retrievalWord('random'), mir: retrievalWord('mir') }}
              value={state.retrieval}
              onChange={(retrieval) => actions.setRetrieval(lane, retrieval)}
              whyFixed={fixed ? say('lanes.retrievalFixed') : undefined}
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
              aria-label={say('lanes.removeLane', { letter })}
              onClick={() => actions.removeLane(lane)}
            />
          )}
        </span>
        {settings.length > 0 && (
          <p className={style.settings} title={say('lanes.notAsInEveryLane', { settings: settings.join(', ') })}>
            {settings.join(' · ')}
          </p>
        )}
      </header>
      <div className={style.body}>
        <LaneNumbers lane={state} task={task} />
        <div className={style.seen}>
          {!imported && <LaneAnswers lane={lane} />}
          {decoded !== null && state.retrieval !== null ? (
            <DecodedMemories {...common} kind={decoded} reconstructions={reconstructions} retrieval={state.retrieval} />
          ) : (
            <LaneMemories
              {...common}
              method={state.method}
              retrieval={state.retrieval}
              stored={counts?.storedByClass ?? noCounts.storedByClass}
              capacity={(runs?.[lane].memoryPerClass ?? 0) * classNames.length}
            />
          )}
        </div>
      </div>
      {state.stopped !== null && (
        <p role="alert" className={style.stopped}>
          {stopWords(state.stopped, state.stop)}
        </p>
      )}
      {state.stopped === null && memory === 'images' && tasks.length > 0 && (
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

/** How many levels of things the lanes can leave out where there is little room; LaneCard.module.css says which. */
const tightest = 5;

/** The lanes, one under the other in identical grids. */
export function LanesPanel() {
  const count = useLab(({ shown }) => shown?.lanes.length ?? 0);
  const expected = useLab((state) => state.config.lanes.length);
  // What is said and shown before the first step differs from what comes after.
  const about = useLab(({ shown }) => `${shown?.lanes.map(({ method }) => method).join()} ${(shown?.step ?? 0) > 0}`);
  const panel = useRoom<HTMLElement>(tightest, about, ':scope > section');
  return (
    <section
      ref={panel}
      data-spot="lanes"
      aria-label={say('lanes.retrievedMemories')}
      className={panelStyle.lanes}
      tabIndex={count > 2 ? 0 : undefined}
    >
      {Array.from({ length: count }, (_, lane) => (
        <LaneCard key={lane} lane={lane} lanes={count} />
      ))}
      {count === 0 && Array.from({ length: expected }, (_, lane) => <div key={lane} className={panelStyle.place} />)}
    </section>
  );
}
