import { Pin, PinOff, Trash2, X, History, Undo2 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { type KeptEntry, mostRuns } from '../../state/runs/keptRun.ts';
import { percentage } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLab, useRuns, useRunsActions } from '../parts/contexts.ts';
import { laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { laneWords } from '../parts/words.ts';
import style from './Runs.module.css';
import { configWords, reachedWords, whenWords } from './runWords.ts';
import { nextSeed } from '../../state/store.ts';

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
        {configWords(entry.config)}
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
    region.current?.focus();
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
        if (event.key === 'Escape') setOpen(false);
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
