import { useMemo, useRef, useState } from 'react';
import { runKey, runOf } from '../../core/paperTable.ts';
import { type KeptFileReading, keptFileText, readKeptFile } from '../../state/keptFile.ts';
import { changedRows, seedsOf } from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import { Button } from '../parts/Button.tsx';
import { useLabActions, useRuns, useRunsActions, useSweep, useSweepActions, download } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import style from './KeptRuns.module.css';
import { runCount } from './sweepWords.ts';

type Mixing = Extract<KeptFileReading, { kind: 'mixes' }>;

/** All kept runs as one file, of every table and of the lab, and such a file taken in again. */
function KeptRunsFile() {
  const runs = useSweep((state) => state.runs);
  const { takeIn } = useSweepActions();
  const { notify } = useLabActions();
  const input = useRef<HTMLInputElement>(null);
  const [mixing, setMixing] = useState<Mixing | null>(null);

  const labRuns = useRuns((state) => state.entries.length);
  const lab = useRunsActions();

  async function exportAll(): Promise<void> {
    const text = keptFileText(runs.values(), await lab.exported());
    download(new Blob([text], { type: 'application/json' }), 'mir-lab-finished-runs.json');
  }

  async function take({
    runs: fresh,
    known: knownHere,
    labRuns: values,
  }: Omit<Mixing, 'kind' | 'text'>): Promise<void> {
    takeIn(fresh);
    const ofLab = await lab.takeIn(values);
    const known = knownHere + ofLab.known;
    const rest = known === 0 ? '' : ` ${runCount(known)} ${known === 1 ? 'was' : 'were'} here already.`;
    const also = ofLab.taken === 0 ? '' : `, and ${runCount(ofLab.taken)} of the lab`;
    const lost = ofLab.unreadable === 0 ? '' : ` ${runCount(ofLab.unreadable)} of the lab could not be read.`;
    notify(lost === '' ? 'info' : 'warning', `${runCount(fresh.length)} taken in${also}.${rest}${lost}`);
  }

  async function importFrom(file: File): Promise<void> {
    const reading = await readKeptFile(file, runs).catch((error: unknown): KeptFileReading => {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'refused', text: `${file.name} could not be read: ${reason}` };
    });
    switch (reading.kind) {
      case 'runs':
        await take(reading);
        break;
      case 'mixes':
        setMixing(reading);
        break;
      case 'refused':
        notify('error', reading.text);
        break;
      default:
        reading satisfies never;
    }
  }

  return (
    <>
      <Button
        small
        tone="plain"
        disabled={runs.size + labRuns === 0}
        onClick={() => void exportAll()}
        tip="Finished runs of all tables and the kept runs of the lab, as one file"
      >
        Export all runs
      </Button>
      <Button
        small
        tone="plain"
        onClick={() => input.current?.click()}
        tip="Take in a file that Export all runs has made"
      >
        Import runs
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        aria-label="File of finished runs"
        hidden
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file) void importFrom(file);
          currentTarget.value = '';
        }}
      />
      {mixing !== null && (
        <Dialog title="Mix these runs?" onClose={() => setMixing(null)}>
          <p className={style.question}>The {mixing.text}. Means over both would mix them.</p>
          <div className={style.answers}>
            <Button onClick={() => setMixing(null)}>Leave them out</Button>
            <Button
              tone="primary"
              onClick={() => {
                void take(mixing);
                setMixing(null);
              }}
            >
              Mix them
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

/** What this browser keeps, and what it keeps in vain. */
export function KeptRuns() {
  const plan = useSweep((state) => state.plan);
  const runs = useSweep((state) => state.runs);
  const count = useMemo(
    () =>
      changedRows(plan).flatMap((row) => seedsOf(plan.seeds).filter((seed) => runs.has(runKey(runOf(row, seed)))))
        .length,
    [plan, runs],
  );
  const unkept = useSweep((state) => state.unkept.size);
  const keepingFails = useSweep((state) => state.keepingFails);
  const mayGo = useSweep((state) => state.persisted === false && state.runs.size > 0);
  const others = useSweep((state) => state.otherVersion + state.unreadable);
  const busy = useSweep((state) => underWay(state.phase));
  const { clear, clearOthers } = useSweepActions();
  const [asking, setAsking] = useState(false);
  return (
    <footer className={style.kept}>
      <p>
        This browser keeps {runCount(runs.size - unkept)}; {count === 1 ? '1 is' : `${count} are`} in this table.
        {mayGo && ' It may delete them when its disk gets full: export what you need.'}
      </p>
      {keepingFails && unkept > 0 && (
        <p>
          <strong>{runCount(unkept)} not kept:</strong> {unkept === 1 ? 'it lasts' : 'they last'} until this page is
          closed.
        </p>
      )}
      <Button small tone="plain" disabled={count === 0 || busy} onClick={() => setAsking(true)}>
        Clear this table
      </Button>
      <KeptRunsFile />
      {others > 0 && (
        <>
          <p>
            {runCount(others)} of an older version of MIR Lab, or damaged, {others === 1 ? 'does' : 'do'} not count.
          </p>
          <Button small tone="plain" onClick={clearOthers}>
            Clear old runs
          </Button>
        </>
      )}
      {asking && (
        <Dialog title="Clear this table?" onClose={() => setAsking(false)}>
          <p className={style.question}>
            This deletes {runCount(count)} from this browser. To have the same numbers again they must be run again;
            export the table first if you want to keep it.
          </p>
          <div className={style.answers}>
            <Button
              tone="primary"
              onClick={() => {
                clear();
                setAsking(false);
              }}
            >
              Delete {runCount(count)}
            </Button>
            <Button onClick={() => setAsking(false)}>Keep them</Button>
          </div>
        </Dialog>
      )}
    </footer>
  );
}
