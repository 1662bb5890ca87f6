import { Plus, X } from 'lucide-react';
import { memo, useDeferredValue } from 'react';
import type { Retrieval } from '../../core/config.ts';
import type { ReplayCounts } from '../../core/events.ts';
import { type MethodName, methods, methodsOf, suggestedMethod } from '../../core/methods.ts';
import { number } from '../../texts/numbers.ts';
import { stopWords } from '../../state/failureWords.ts';
import { say } from '../../texts/say.ts';
import { LaneAnswers } from '../ask/Answers.tsx';
import { Button, RadioChoice } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useLab, useLabActions, useLabItems } from '../parts/contexts.ts';
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

/** What a lane has come to at its latest evaluation; until the present task has been evaluated, that is before it. */
function LaneNumbers({ lane }: { readonly lane: number }) {
  const latest = useLab(({ shown }) => shown?.lanes[lane]?.evaluations.at(-1));
  const replaced = useLab(({ shown }) => shown?.lanes[lane]?.replacedLatents ?? 0);
  const task = useLab(({ shown }) => shown?.task ?? 1);
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
      {replaced > 0 && (
        <BigNumber
          name={say('lanes.replacedLatents', { count: replaced })}
          text={number(replaced)}
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

/** Which lane a part belongs to, 0 for Lane A, and what it runs. */
interface LanePart {
  readonly lane: number;
  readonly method: MethodName;
}

/** The head of a lane: what it runs and how it retrieves, to be chosen. Steps change none of it. */
const LaneHead = memo(function LaneHead({
  lane,
  lanes,
  method,
  retrieval,
}: LanePart & { readonly lanes: number; readonly retrieval: Retrieval | null }) {
  const last = lane === lanes - 1;
  const actions = useLabActions();
  const scenario = useLab(({ shown, config }) => shown?.config.scenario ?? config.scenario);
  const imported = useLab(({ phase }) => phase.kind === 'imported');
  const fixed = useLab(({ phase }) => !['loading', 'paused', 'playing'].includes(phase.kind));
  const runs = useLab(({ shown }) => shown?.runConfigs ?? null);
  const onlyLane = useLab((lab) => lab.config.lanes.length === 1);
  const { letter, marker } = laneIdentity(lane);
  const settings = runs === null ? [] : differenceTexts(runs[lane], runs);
  return (
    <header className={style.header}>
      <h3 className={style.name}>
        <LaneMarker shape={marker} color="var(--lane)" />
        {say('lanes.name', { letter })}
      </h3>
      <select
        aria-label={say('lanes.method')}
        className={`${choice.select} ${choice.small}`}
        value={method}
        disabled={imported}
        title={imported ? say('lanes.imported') : methodSentence(method)}
        onChange={(event) => actions.setLaneMethod(lane, event.target.value as MethodName)}
      >
        {methodsOf(scenario).map((one) => (
          <option key={one} value={one} title={methodSentence(one)}>
            {methods[one].label}
          </option>
        ))}
      </select>
      {retrieval !== null && (
        <>
          <span className={style.replays} aria-hidden="true">
            {say('lanes.replays')}
          </span>
          <RadioChoice
            label={say('lanes.retrieval')}
            options={retrievals}
            words={{ random: retrievalWord('random'), mir: retrievalWord('mir') }}
            value={retrieval}
            onChange={(chosen) => actions.setRetrieval(lane, chosen)}
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
  );
});

/** What a lane's decoder makes; null for methods that keep images, or nothing. */
function decodedKind(method: MethodName): 'generated' | 'latents' | null {
  const { flow } = methods[method];
  return flow === 'generative' ? 'generated' : flow === 'hybrid' ? 'latents' : null;
}

/** How many images the memory holds. */
function heldImages({ storedByClass }: ReplayCounts): number {
  return storedByClass.reduce((sum, count) => sum + count, 0);
}

/** What the lane's latest traced step met and retrieved. */
function LaneImages({
  lane,
  method,
  retrieval,
  dense,
}: LanePart & { readonly retrieval: Retrieval | null; readonly dense: boolean }) {
  const latest = useLab(({ shown }) => shown?.lanes[lane]?.trace ?? null);
  // Many small parts: drawn when the page has time for them, so that it always answers.
  const trace = useDeferredValue(latest);
  const reconstructions = useDeferredValue(useLab(({ shown }) => shown?.lanes[lane]?.reconstructions ?? null));
  const held = useDeferredValue(useLab(({ shown }) => heldImages(shown?.lanes[lane]?.counts ?? noCounts)));
  const task = useLab(({ shown }) => shown?.task ?? 1);
  const tasks = useLab(({ shown }) => shown?.tasks.length ?? 0);
  const shape = useLab(({ shown }) => shown?.imageShape ?? null);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  const scenario = useLab(({ shown, config }) => shown?.config.scenario ?? config.scenario);
  const imported = useLab(({ phase }) => phase.kind === 'imported');
  const over = useLab(({ phase }) => ['imported', 'kept', 'finished'].includes(phase.kind));
  const perClass = useLab(({ shown }) => shown?.runConfigs[lane].memoryPerClass ?? 0);
  if (shape === null || classNames === null) return null;
  const numbersOnly = imported || (over && latest === null);
  const images = imageWord(scenario, classNames);
  const common = { lane, trace, task, tasks, shape, classNames, images, dense, numbersOnly };
  const decoded = decodedKind(method);
  return decoded !== null && retrieval !== null ? (
    <DecodedMemories {...common} kind={decoded} reconstructions={reconstructions} retrieval={retrieval} />
  ) : (
    <LaneMemories
      {...common}
      method={method}
      retrieval={retrieval}
      held={held}
      capacity={perClass * classNames.length}
    />
  );
}

/** Which share of what was replayed, and of the memory, each task and class has. */
function LaneShares({ lane, replays }: { readonly lane: number; readonly replays: boolean }) {
  const counts = useDeferredValue(useLab(({ shown }) => shown?.lanes[lane]?.counts ?? noCounts));
  const tasks = useLab(({ shown }) => shown?.tasks ?? null);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  if (tasks === null || classNames === null || tasks.length === 0) return null;
  return (
    <div className={style.share}>
      <ReplayShareBars counts={counts} tasks={tasks} classNames={classNames} replays={replays} />
    </div>
  );
}

/** One lane: what it runs, what it replays and what it remembers. Its parts follow the steps, each what it shows. */
const LaneCard = memo(function LaneCard({ lane, lanes }: { readonly lane: number; readonly lanes: number }) {
  const state = useLabItems(({ shown }) => {
    const { method, retrieval, stopped, stop } = shown?.lanes[lane] ?? {};
    return method === undefined ? null : { method, retrieval: retrieval ?? null, stopped: stopped ?? null, stop };
  });
  const imported = useLab(({ phase }) => phase.kind === 'imported');
  if (state === null) return null;

  const { method, retrieval, stopped, stop } = state;
  const { letter } = laneIdentity(lane);
  const { memory } = methods[method];
  const decoded = decodedKind(method) !== null;
  return (
    <section
      data-spot={`lane-${letter.toLowerCase()}`}
      aria-label={say('lanes.name', { letter })}
      className={style.lane}
      data-lanes={lanes}
      data-dense={lanes > 2}
      data-decoded={decoded}
      data-picks={retrieval !== null}
      data-keeps={memory === 'images'}
      data-last={!imported && lane === lanes - 1 && lanes < mostLanes}
      data-stopped={stopped !== null}
      style={laneColors(lane)}
    >
      <LaneHead lane={lane} lanes={lanes} method={method} retrieval={retrieval} />
      <div className={style.body}>
        <LaneNumbers lane={lane} />
        <div className={style.seen}>
          {!imported && <LaneAnswers lane={lane} />}
          <LaneImages lane={lane} method={method} retrieval={retrieval} dense={lanes > 2 || (lanes === 2 && decoded)} />
        </div>
      </div>
      {stopped !== null && (
        <p role="alert" className={style.stopped}>
          {stopWords(stopped, stop)}
        </p>
      )}
      {stopped === null && memory === 'images' && <LaneShares lane={lane} replays={retrieval !== null} />}
    </section>
  );
});

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
