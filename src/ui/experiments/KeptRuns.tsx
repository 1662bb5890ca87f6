import { useMemo, useState } from 'react';
import { runKey, runOf } from '../../core/paperTable.ts';
import { changedRows, seedsOf } from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import { Button } from '../parts/Button.tsx';
import { useSweep, useSweepActions } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import style from './KeptRuns.module.css';
import { KeptRunsFile } from './KeptRunsFile.tsx';
import { runCount } from './sweepWords.ts';

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
