import { useRef, useState } from 'react';
import { keptFileText, readKeptFile, type KeptFileReading } from '../../state/keptFile.ts';
import { Button } from '../parts/Button.tsx';
import { useLabActions, useSweep, useSweepActions } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { download } from '../parts/runFiles.ts';
import style from './KeptRuns.module.css';
import { runCount } from './sweepWords.ts';

type Mixing = Extract<KeptFileReading, { kind: 'mixes' }>;

/** All finished runs as one file, of every table, and such a file taken in again. */
export function KeptRunsFile() {
  const runs = useSweep((state) => state.runs);
  const { takeIn } = useSweepActions();
  const { notify } = useLabActions();
  const input = useRef<HTMLInputElement>(null);
  const [mixing, setMixing] = useState<Mixing | null>(null);

  function exportAll(): void {
    download(new Blob([keptFileText(runs.values())], { type: 'application/json' }), 'mir-lab-finished-runs.json');
  }

  function take({ runs: fresh, known }: Pick<Mixing, 'runs' | 'known'>): void {
    takeIn(fresh);
    const rest = known === 0 ? '' : ` ${runCount(known)} ${known === 1 ? 'was' : 'were'} here already.`;
    notify('info', `${runCount(fresh.length)} taken in.${rest}`);
  }

  async function importFrom(file: File): Promise<void> {
    const reading = await readKeptFile(file, runs).catch((error: unknown): KeptFileReading => {
      const reason = error instanceof Error ? error.message : String(error);
      return { kind: 'refused', text: `${file.name} could not be read: ${reason}` };
    });
    switch (reading.kind) {
      case 'runs':
        take(reading);
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
        disabled={runs.size === 0}
        onClick={exportAll}
        tip="Finished runs of all tables, as one file"
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
                take(mixing);
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
