import { CirclePause, Link, Play, Square } from 'lucide-react';
import { useState } from 'react';
import { scenarios } from '../../engine/scenarios/scenarios.ts';
import { keyOf } from '../../state/runKeys.ts';
import { plannedRuns, rowsOf } from '../../state/sweepPlan.ts';
import { useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import { ShareDialog } from '../top/ShareDialog.tsx';
import bar from '../top/TopBar.module.css';
import { ThemeButton } from '../ThemeButton.tsx';
import { ViewHead } from '../ViewHead.tsx';
import { useSweep, useSweepActions } from './SweepContext.ts';
import { SweepStatus } from './SweepStatus.tsx';
import { runCount } from './sweepWords.ts';
import style from './ExperimentsBar.module.css';

/** What starts, holds, ends and shares a sweep, and how far it is. */
export function ExperimentsBar() {
  const { run, pause, stop } = useSweepActions();
  const { notify } = useLabActions();
  const kind = useSweep((state) => state.phase.kind);
  const left = useSweep(({ plan, runs }) => plannedRuns(plan).filter((config) => !runs.has(keyOf(config))).length);
  const missing = useSweep(({ plan, data }) => rowsOf(plan.table).every(({ config }) => data[scenarios[config.scenario].dataset] === 'missing'));
  const [sharing, setSharing] = useState(false);

  async function share(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      notify('info', 'The link to this table is on the clipboard: rows, seeds and settings are in it; results are not.');
    } catch {
      setSharing(true);
    }
  }

  return (
    <header className={bar.bar}>
      <ViewHead />
      <div className={style.controls}>
        {kind === 'running' ? (
          <Button tone="primary" icon={<CirclePause />} onClick={pause} tip="Hold the runs in flight between two steps">
            Pause
          </Button>
        ) : (
          <Button
            tone="primary"
            icon={<Play />}
            onClick={run}
            disabled={kind === 'opening' || left === 0 || missing}
            tip={missing ? 'The images are missing' : left === 0 ? 'Every run of this plan is finished' : `${runCount(left)} to do`}
          >
            {kind === 'paused' ? 'Resume' : 'Run'}
          </Button>
        )}
        <Button
          icon={<Square />}
          onClick={stop}
          disabled={kind !== 'running' && kind !== 'paused'}
          tip="Abandon the runs in flight; finished runs are kept"
        >
          Stop
        </Button>
      </div>
      <SweepStatus />
      <div className={bar.tools}>
        <Button icon={<Link />} onClick={() => void share()} tip="Copy a link that opens this table with these rows, seeds and settings">
          Share link
        </Button>
        <ThemeButton />
      </div>
      {sharing && <ShareDialog onClose={() => setSharing(false)} />}
    </header>
  );
}
