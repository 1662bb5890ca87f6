import { useMemo, useRef, useState } from 'react';
import { runKey, runOf } from '../../core/paperTable.ts';
import { type KeptFileReading, keptFileText, readKeptFile } from '../../state/keptFile.ts';
import { changedRows, seedsOf } from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLabActions, useRuns, useRunsActions, useSweep, useSweepActions, download } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Said } from '../parts/Said.tsx';
import style from './KeptRuns.module.css';

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
    notify(
      ofLab.unreadable === 0 ? 'info' : 'warning',
      say('experiments.kept.takenIn', {
        count: fresh.length,
        lab: ofLab.taken,
        known: knownHere + ofLab.known,
        lost: ofLab.unreadable,
      }),
    );
  }

  async function importFrom(file: File): Promise<void> {
    const reading = await readKeptFile(file, runs).catch((error: unknown): KeptFileReading => {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'refused', text: say('experiments.kept.unreadable', { name: file.name, reason }) };
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
        tip={say(runs.size + labRuns === 0 ? 'experiments.kept.none' : 'experiments.kept.exportTip')}
      >
        {say('experiments.kept.export')}
      </Button>
      <Button small tone="plain" onClick={() => input.current?.click()} tip={say('experiments.kept.importTip')}>
        {say('experiments.kept.import')}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        aria-label={say('experiments.kept.file')}
        hidden
        onChange={({ currentTarget }) => {
          const file = currentTarget.files?.[0];
          if (file) void importFrom(file);
          currentTarget.value = '';
        }}
      />
      {mixing !== null && (
        <Dialog title={say('experiments.kept.mixTitle')} onClose={() => setMixing(null)}>
          <p className={style.question}>{say('experiments.kept.mixQuestion', { differences: mixing.text })}</p>
          <div className={style.answers}>
            <Button onClick={() => setMixing(null)}>{say('experiments.kept.leaveOut')}</Button>
            <Button
              tone="primary"
              onClick={() => {
                void take(mixing);
                setMixing(null);
              }}
            >
              {say('experiments.kept.mix')}
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
        {say('experiments.kept.keeps', { count: runs.size - unkept, here: count })}
        {mayGo && ` ${say('experiments.kept.mayGo')}`}
      </p>
      {keepingFails && unkept > 0 && (
        <p>
          <Said text="experiments.kept.notKept" values={{ count: unkept }} />
        </p>
      )}
      <Button
        small
        tone="plain"
        disabled={count === 0 || busy}
        {...(count === 0 || busy ? { tip: say(busy ? 'experiments.kept.busy' : 'experiments.kept.none') } : {})}
        onClick={() => setAsking(true)}
      >
        {say('experiments.kept.clearTable')}
      </Button>
      <KeptRunsFile />
      {others > 0 && (
        <>
          <p>{say('experiments.kept.others', { count: others })}</p>
          <Button small tone="plain" onClick={clearOthers}>
            {say('experiments.kept.clearOld')}
          </Button>
        </>
      )}
      {asking && (
        <Dialog title={say('experiments.kept.clearTitle')} onClose={() => setAsking(false)}>
          <p className={style.question}>{say('experiments.kept.clearQuestion', { count })}</p>
          <div className={style.answers}>
            <Button
              tone="primary"
              onClick={() => {
                clear();
                setAsking(false);
              }}
            >
              {say('experiments.kept.delete', { count })}
            </Button>
            <Button onClick={() => setAsking(false)}>{say('experiments.kept.keep')}</Button>
          </div>
        </Dialog>
      )}
    </footer>
  );
}
