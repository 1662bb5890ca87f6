import { ChevronDown, History, Pin, PinOff, Square, Trash2, Undo2, X } from 'lucide-react';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { type KeptEntry, mostRuns } from '../../state/runs/keptRun.ts';
import { percentage, fixed, list, moment } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLab, useRuns, useRunsActions, useSeeds } from '../parts/contexts.ts';
import { laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { useRoom } from '../parts/room.ts';
import { unbroken } from '../parts/Said.tsx';
import { laneWords, type FormField, settingLabel, settingValue, scenarioName } from '../parts/words.ts';
import style from './Runs.module.css';
import { nextSeed } from '../../state/store.ts';
import { mean } from '../../core/metrics.ts';
import { methods } from '../../core/methods.ts';
import { pairedDifference } from '../../core/paperTable.ts';
import type { StoredRun } from '../../core/storedRun.ts';
import { laneConfigs } from '../../core/config.ts';
import {
  areOf,
  finishedByLane,
  type SeedCount,
  seedCounts,
  type SeedsState,
  paperPlan,
  planOf,
} from '../../state/runs/seedsStore.ts';
import { writePlan } from '../../state/sweepAddress.ts';
import { sweepProgress } from '../../state/sweepState.ts';
import choice from '../parts/Choice.module.css';

const bySeed = (runs: readonly StoredRun[]) =>
  new Map(runs.map(({ config, averageAccuracy }) => [config.seed, averageAccuracy]));

const points = (value: number) => fixed(Math.abs(100 * value), 1);

/**
 * What the final accuracies of several seeds say, paired seed by seed, as a sentence: "ER-MIR is 4.2 ± 1.3 points above
 * ER, 5 seeds." The best lane is compared with each other one; where the 95% interval of a difference includes zero,
 * there is no clear difference.
 *
 * @param lanes the finished runs of each lane; those of equal lanes are the same
 * @returns null while there are not two seeds of two lanes
 */
export function seedsVerdict(lanes: readonly (readonly StoredRun[])[]): string | null {
  const known = lanes
    .filter((runs, index) => runs.length >= 2 && lanes.findIndex(([first]) => first === runs[0]) === index)
    .map((runs) => ({ runs, name: methods[runs[0].config.method].label, mean: mean([...bySeed(runs).values()]) }))
    .sort((one, other) => other.mean - one.mean);
  const [best, ...others] = known;
  if (others.length === 0) return null;
  const compared = others.flatMap(({ runs, name }) => {
    const difference = pairedDifference(bySeed(best.runs), bySeed(runs));
    return difference === null || difference.halfWidth95 === null
      ? []
      : [{ name, ...difference, points: points(difference.mean), halfWidth: points(difference.halfWidth95) }];
  });
  if (compared.length === 0) return null;
  const n = Math.min(...compared.map((difference) => difference.n));
  const above = compared.filter(({ verdict }) => verdict === 'higher');
  const alike = compared.filter(({ verdict }) => verdict !== 'higher');
  const sentences = [
    ...(above.length === 0
      ? []
      : [
          say('seeds.isAbove', {
            name: best.name,
            others: list(above.map(({ name, points, halfWidth }) => say('seeds.above', { name, points, halfWidth }))),
            n,
          }),
        ]),
    ...alike.map(({ name, points, halfWidth }) =>
      say(above.length === 0 ? 'seeds.alike' : 'seeds.andAlike', { best: best.name, name, points, halfWidth, n }),
    ),
    ...(alike.length > 0 && n < 10 ? [say('seeds.moreMayTell')] : []),
  ];
  return sentences.join(' ');
}

/** "14:05" today, "24 Nov, 14:05" on other days. */
function whenWords(at: number, now: number): string {
  return moment(new Date(at), new Date(now));
}

/** How far a run is: "finished", or "step 260 of 500, task 3 of 5". */
function reachedWords({ finished, step, totalSteps, task, tasks }: KeptEntry): string {
  return finished ? say('runs.finished') : say('runs.reached', { step, steps: totalSteps, task, tasks });
}

/** "Split MNIST, seed 3", and the settings that were named: "Hidden units 32". */
export function configWords({ config, dataName }: Pick<KeptEntry, 'config' | 'dataName'>): string {
  const { scenario, seed, lanes: _lanes, ...named } = config;
  const settings = Object.entries(named).map(
    ([name, value]) => `${settingLabel(name as FormField)} ${settingValue(value)}`,
  );
  return [
    say('runs.config', { scenario: scenarioName(scenario, dataName === undefined ? null : { name: dataName }), seed }),
    ...settings,
  ].join(' · ');
}

/** A span of time, roughly: "8 s", "3 min", "2.5 h". */
function durationWords(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 3_570 ? `${Math.round(seconds / 60)} min` : `${fixed(seconds / 3_600, 1)} h`;
}

/** The id of the region "Runs". */
const regionId = 'kept-runs';

/** What takes the latest change back, and what opens the list of runs. */
export function RunsTools() {
  const { undo, setOpen } = useRunsActions();
  const step = useRuns(({ undoSteps }) => undoSteps.at(-1) ?? null);
  const open = useRuns((state) => state.open);
  return (
    <>
      <Button
        icon={<Undo2 />}
        caption={say('runs.undo')}
        disabled={step === null}
        onClick={undo}
        tip={step === null ? say('runs.nothingToUndo') : step.words}
      />
      <Button
        icon={<History />}
        caption={say('runs.title')}
        aria-expanded={open}
        aria-controls={open ? regionId : undefined}
        onClick={() => setOpen(!open)}
        tip={say('runs.tip')}
      />
    </>
  );
}

/** The word on Play; at the end of a run also what it does: the result stays, and the next seed begins. */
export function PlayWords() {
  const seed = useLab(({ phase, config }) => (phase.kind === 'finished' ? nextSeed(config.seed) : null));
  return (
    <span className={style.play}>
      {say('runs.play')}
      {seed !== null && (
        <span aria-hidden="true" className={style.again}>
          {say('runs.again', { seed })}
        </span>
      )}
    </span>
  );
}

/** A fraction in percent, with its sign; "–%" while there is none. */
function shareText(fraction: number | null): string {
  return fraction === null ? '–%' : percentage(fraction, 1);
}

/** What the lanes of a run have come to. */
function LaneResults({ lanes }: Pick<KeptEntry, 'lanes'>) {
  return (
    <table className={style.results}>
      <thead className="hidden-text">
        <tr>
          <th>{say('runs.lane')}</th>
          <th>{say('runs.accuracy')}</th>
          <th>{say('runs.forgetting')}</th>
        </tr>
      </thead>
      <tbody>
        {lanes.map((lane, index) => {
          const { letter, color, marker } = laneIdentity(index);
          return (
            <tr key={index}>
              <th scope="row">
                <LaneMarker shape={marker} color={color} /> {letter} · {laneWords(lane)}
              </th>
              <td>{shareText(lane.accuracy)}</td>
              <td>{say('runs.forgot', { share: shareText(lane.forgetting) })}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

/** One run of the list. */
function RunItem({ entry, now }: { readonly entry: KeptEntry; readonly now: number }) {
  const { show, overlay, setPinned, remove } = useRunsActions();
  const shownNow = useLab(({ id }) => id === entry.id);
  const overlaid = useRuns((state) => state.overlay?.id === entry.id);
  const when = whenWords(entry.begun, now);
  const describedBy = `run-${entry.id}`;
  return (
    <li className={style.run} aria-label={say('runs.runOf', { when })} data-shown={shownNow}>
      <p id={describedBy} className={style.what}>
        <strong>{when}</strong> · {reachedWords(entry)}
        <br />
        {entry.fileName !== null && <>{entry.fileName} · </>}
        {configWords(entry)}
      </p>
      <LaneResults lanes={entry.lanes} />
      <div className={style.tools}>
        {shownNow ? (
          <span className={style.now}>{say('runs.shownNow')}</span>
        ) : (
          <Button small aria-describedby={describedBy} onClick={() => show(entry.id)}>
            {say('runs.show')}
          </Button>
        )}
        <Button small aria-describedby={describedBy} aria-pressed={overlaid} onClick={() => overlay(entry.id)}>
          {say('runs.overlay')}
        </Button>
        <Button
          small
          tone="plain"
          icon={entry.pinned ? <PinOff /> : <Pin />}
          aria-label={say('runs.pin')}
          aria-pressed={entry.pinned}
          aria-describedby={describedBy}
          tip={entry.pinned ? say('runs.pinnedTip') : say('runs.pinTip')}
          onClick={() => setPinned(entry.id, !entry.pinned)}
        />
        {!shownNow && (
          <Button
            small
            tone="plain"
            icon={<Trash2 />}
            aria-label={say('runs.delete')}
            aria-describedby={describedBy}
            tip={say('runs.deleteTip')}
            onClick={() => remove(entry.id)}
          />
        )}
      </div>
    </li>
  );
}

/** The earlier runs of this browser, while it is open. */
export function RunsRegion() {
  const open = useRuns((state) => state.open);
  return open ? <OpenRegion /> : null;
}

function OpenRegion() {
  const entries = useRuns((state) => state.entries);
  const { setOpen } = useRunsActions();
  const region = useRef<HTMLElement>(null);
  useEffect(() => {
    const before = document.activeElement;
    region.current?.focus();
    return () => {
      if (document.activeElement === document.body && before instanceof HTMLElement) before.focus();
    };
  }, []);
  const [now] = useState(() => Date.now());
  return (
    <section
      ref={region}
      id={regionId}
      tabIndex={-1}
      aria-label={say('runs.title')}
      className={style.region}
      onKeyDown={(event) => {
        if (event.key !== 'Escape' || event.defaultPrevented) return;
        event.preventDefault();
        setOpen(false);
      }}
    >
      <header className={style.head}>
        <h2>{say('runs.title')}</h2>
        <Button tone="plain" small icon={<X />} aria-label={say('runs.close')} onClick={() => setOpen(false)} />
      </header>
      <p className={style.note}>
        {entries.length === 0 ? say('runs.none') : say('runs.keptHere', { count: mostRuns })}
      </p>
      <ul className={style.list}>
        {entries.map((entry) => (
          <RunItem key={entry.id} entry={entry} now={now} />
        ))}
      </ul>
    </section>
  );
}

/** "7 of 15 runs, about 8 s left". */
function progressWords(state: SeedsState): string {
  const { done, total, secondsLeft } = sweepProgress(state.planned, state);
  return secondsLeft === null
    ? say('seeds.starting', { done, total })
    : say('seeds.progress', { done, total, left: durationWords(secondsLeft) });
}

/** How far the seeds are, and what stops them. */
function SeedsProgress() {
  const words = useSeeds(progressWords);
  const fraction = useSeeds((state) => sweepProgress(state.planned, state).fraction);
  const { stop } = useSeeds((state) => state.actions);
  return (
    <div className={style.running}>
      <p className={style.far}>
        {words}
        <progress aria-label={say('seeds.progressLabel')} max={1} value={fraction} className={style.progress} />
      </p>
      <Button small icon={<Square />} aria-label={say('seeds.stop')} onClick={stop} tip={say('seeds.stopTip')} />
    </div>
  );
}

/** What runs the present configuration with several seeds. */
export function SeedsControls() {
  const count = useSeeds((state) => state.count);
  const running = useSeeds(({ phase }) => phase.kind === 'running');
  const { run, setCount } = useSeeds((state) => state.actions);
  const nothingShown = useLab((state) => state.shown === null);
  if (running) return <SeedsProgress />;
  return (
    <div className={style.seeds}>
      <Button small onClick={run} disabled={nothingShown} tip={say(nothingShown ? 'top.nothingShown' : 'seeds.runTip')}>
        {say('seeds.run', { count })}
      </Button>
      {/* The button says the number that is chosen. */}
      <span className={style.count}>
        <select
          aria-label={say('seeds.howMany')}
          className={choice.select}
          value={count}
          onChange={(event) => setCount(Number(event.target.value) as SeedCount)}
        >
          {seedCounts.map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
        <ChevronDown aria-hidden="true" />
      </span>
    </div>
  );
}

/**
 * What several seeds of the present configuration have come to, and the way on. It says more than one run does, so it
 * stands in the place of what is said of that, unless the run plays.
 */
export function SeedsVerdict({ instead }: { readonly instead: ReactNode }) {
  const state = useSeeds((all) => all);
  const { config, count, phase } = state;
  const present = useLab(
    (lab) => areOf({ config }, lab.config) && lab.phase.kind !== 'imported' && lab.phase.kind !== 'playing',
  );
  const verdict = config === null || !present ? null : seedsVerdict(finishedByLane(state));
  const paragraph = useRoom<HTMLParagraphElement>(2, `${verdict} ${phase.kind}`);
  if (config === null || verdict === null) return instead;
  const more = say('seeds.moreMayTell');
  const seeds = { first: config.seed, last: config.seed + count - 1 };
  const lanes = laneConfigs(config);
  const plan = planOf(lanes, seeds);
  return (
    <p ref={paragraph} className={style.verdict}>
      {unbroken(verdict.replace(more, ''))} {verdict.endsWith(more) && <span className={style.more}>{more} </span>}
      {phase.kind !== 'running' && (
        <a href={`#${writePlan(plan ?? paperPlan(lanes, seeds))}`}>
          {plan === null ? say('seeds.paperInExperiments') : say('seeds.goOnInExperiments')}
        </a>
      )}
    </p>
  );
}
