import { CircleHelp, Dices, Download, Link, Pause, Play, RotateCcw, Settings, StepForward, Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { type ScenarioName, scenarioNames } from '../../core/config.ts';
import type { Speed } from '../../link/protocol.ts';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { useRunFiles } from '../parts/runFiles.ts';
import { scenarioWords } from '../parts/words.ts';
import { SettingsDialog } from '../settings/SettingsDialog.tsx';
import { HelpDialog, ShareDialog } from './HelpDialog.tsx';
import style from './TopBar.module.css';
import { ThemeButton, ViewHead } from './ViewHead.tsx';

/** The speeds of the slider, in steps per second; null is as fast as the machine goes. */
const speeds: readonly Speed[] = [1, 2, 5, 10, 20, 50, 100, null];

export const topPosition = speeds.length - 1;

export function speedAt(position: number): Speed {
  return speeds[position] ?? null;
}

/** The slider's position that comes closest to a speed. */
export function positionOf(speed: Speed): number {
  if (speed === null) return topPosition;
  const numbers = speeds.slice(0, topPosition).map((value) => Math.abs(Math.log((value ?? 1) / speed)));
  return numbers.indexOf(Math.min(...numbers));
}

export function speedWords(speed: Speed): string {
  return speed === null ? 'full speed' : `${speed} ${speed === 1 ? 'step' : 'steps'}/s`;
}

/** Play or Pause, Step, Reset, New seed and Speed. */
function RunControls() {
  const actions = useLabActions();
  const playing = useLab(({ phase }) => phase.kind === 'playing' || (phase.kind === 'loading' && phase.playWhenReady));
  const speed = useLab((state) => state.speed);
  const seed = useLab((state) => state.config.seed);
  return (
    <div className={style.controls}>
      {playing ? (
        <Button
          tone="primary"
          data-play=""
          icon={<Pause />}
          onClick={() => actions.pause()}
          tip="Halt after this step (space)"
        >
          Pause
        </Button>
      ) : (
        <Button tone="primary" data-play="" icon={<Play />} onClick={() => actions.play()} tip="Train (space)">
          Play
        </Button>
      )}
      <Button icon={<StepForward />} onClick={() => actions.step()} tip="Train one batch, then halt (→)">
        Step
      </Button>
      <Button
        icon={<RotateCcw />}
        onClick={() => actions.reset()}
        tip="Same weights and same images again, from step 0 (R)"
      >
        Reset
      </Button>
      <Button
        icon={<Dices />}
        onClick={() => actions.newSeed()}
        tip={`Fresh weights and a fresh order of the images; the seed now is ${seed}`}
      >
        New seed
      </Button>
      <label className={style.speed}>
        <span className={style.speedWords} aria-hidden="true">
          Speed: {speedWords(speed)}
        </span>
        <input
          type="range"
          aria-label="Speed"
          min={0}
          max={topPosition}
          step={1}
          value={positionOf(speed)}
          aria-valuetext={speedWords(speed)}
          onChange={(event) => actions.setSpeed(speedAt(event.target.valueAsNumber))}
        />
      </label>
    </div>
  );
}

/** Everything that starts, steers, shares and keeps a run. */
export function TopBar() {
  const actions = useLabActions();
  const scenario = useLab((state) => state.config.scenario);
  const nothingShown = useLab((state) => state.shown === null);
  const { exportRun, importRun } = useRunFiles();
  const filePicker = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState<'settings' | 'help' | 'share' | null>(null);

  async function share(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      actions.notify('info', 'The link to this experiment is on the clipboard: all settings and the seed are in it.');
    } catch {
      setOpen('share');
    }
  }

  return (
    <>
      <header className={style.bar}>
        <ViewHead />
        <RunControls />
        <select
          aria-label="Scenario"
          className={`${choice.select} ${style.scenario}`}
          value={scenario}
          onChange={(event) => actions.applySettings({ scenario: event.target.value as ScenarioName })}
        >
          {scenarioNames.map((name) => (
            <option key={name} value={name}>
              {scenarioWords[name]}
            </option>
          ))}
        </select>
        <div className={style.tools}>
          <Button
            icon={<Settings />}
            aria-label="Settings"
            onClick={() => setOpen('settings')}
            tip="Settings: memory, learning rate, seed, backend, data"
          />
          <Button
            icon={<Link />}
            aria-label="Share link"
            onClick={() => void share()}
            tip="Share link: copy a link that opens this very experiment"
          />
          <Button
            icon={<Download />}
            aria-label="Export run"
            disabled={nothingShown}
            onClick={exportRun}
            tip="Export run: everything measured, as a JSON file"
          />
          <Button
            icon={<Upload />}
            aria-label="Import run"
            onClick={() => filePicker.current?.click()}
            tip="Import run: open such a file again, as curves"
          />
          <input
            ref={filePicker}
            type="file"
            accept=".json,application/json"
            hidden
            onChange={(event) => {
              const file = event.target.files?.[0];
              event.target.value = '';
              if (file) void importRun(file);
            }}
          />
          <Button icon={<CircleHelp />} aria-label="How it works" onClick={() => setOpen('help')} />
          <ThemeButton />
        </div>
      </header>
      {open === 'settings' && <SettingsDialog onClose={() => setOpen(null)} />}
      {open === 'help' && <HelpDialog onClose={() => setOpen(null)} />}
      {open === 'share' && <ShareDialog onClose={() => setOpen(null)} />}
    </>
  );
}
