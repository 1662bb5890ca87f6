import {
  Dices,
  Pause,
  Play,
  RotateCcw,
  StepForward,
  CircleHelp,
  CodeXml,
  Download,
  Link,
  Settings,
  Upload,
} from 'lucide-react';
import { useRef, useState } from 'react';
import { fetchTextsOfViews, say } from '../../texts/say.ts';
import type { Speed } from '../../link/protocol.ts';
import { Button } from '../parts/Button.tsx';
import { lazyPart } from '../parts/lazyPart.tsx';
import { useLab, useLabActions, useRunFiles } from '../parts/contexts.ts';
import { RunsRegion, PlayWords, RunsTools } from './Runs.tsx';
import { SlowMotionButton } from '../step/SlowMotionButton.tsx';
import style from './TopBar.module.css';
import { ShareDialog, ViewHead, ThemeButton } from './ViewHead.tsx';
import { LessonButton } from '../lesson/LessonRegion.tsx';

const HelpDialog = lazyPart(async () => {
  const [part] = await Promise.all([import('./HelpDialog.tsx'), fetchTextsOfViews()]);
  return part.HelpDialog;
});

const SettingsDialog = lazyPart(async () => (await import('../settings/SettingsDialog.tsx')).SettingsDialog);

/** The script's parts are fetched when somebody asks for it. */
const PytorchDialog = lazyPart(async () => (await import('./PytorchDialog.tsx')).PytorchDialog);

/** What sets, shares and keeps a run. */
function Tools() {
  const actions = useLabActions();
  const nothingShown = useLab((state) => state.shown === null);
  const { exportRun, importRun } = useRunFiles();
  const filePicker = useRef<HTMLInputElement>(null);
  const [open, setOpen] = useState<'settings' | 'help' | 'share' | 'pytorch' | null>(null);

  async function share(): Promise<void> {
    try {
      await navigator.clipboard.writeText(location.href);
      actions.notify('info', say('top.linkCopied'));
    } catch {
      setOpen('share');
    }
  }

  return (
    <div className={style.tools}>
      <RunsTools />
      <Button
        icon={<Settings />}
        caption={say('top.settings')}
        onClick={() => setOpen('settings')}
        tip={say('top.settingsTip')}
      />
      <Button
        icon={<Link />}
        caption={say('top.share')}
        aria-label={say('top.shareLink')}
        onClick={() => void share()}
        tip={say('top.shareTip')}
      />
      <Button
        icon={<Download />}
        caption={say('top.export')}
        aria-label={say('top.exportRun')}
        disabled={nothingShown}
        onClick={exportRun}
        tip={say(nothingShown ? 'top.nothingShown' : 'top.exportTip')}
      />
      <Button
        icon={<Upload />}
        caption={say('top.import')}
        aria-label={say('top.importRun')}
        onClick={() => filePicker.current?.click()}
        tip={say('top.importTip')}
      />
      <Button
        icon={<CodeXml />}
        caption={say('top.pytorch.caption')}
        aria-label={say('top.pytorch.name')}
        onClick={() => setOpen('pytorch')}
        tip={say('top.pytorch.tip')}
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
      <LessonButton />
      <Button
        icon={<CircleHelp />}
        caption={say('top.help')}
        aria-label={say('top.helpLong')}
        onClick={() => setOpen('help')}
      />
      <ThemeButton />
      {open === 'settings' && <SettingsDialog onClose={() => setOpen(null)} />}
      {open === 'help' && <HelpDialog onClose={() => setOpen(null)} />}
      {open === 'share' && <ShareDialog onClose={() => setOpen(null)} />}
      {open === 'pytorch' && <PytorchDialog onClose={() => setOpen(null)} />}
    </div>
  );
}

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
  return speed === null ? say('top.speed.full') : say('top.speed.steps', { speed });
}

/** Play or Pause, Step, Reset, New seed and Speed. */
function RunControls() {
  const actions = useLabActions();
  const playing = useLab(({ phase }) => phase.kind === 'playing' || (phase.kind === 'loading' && phase.playWhenReady));
  const speed = useLab((state) => state.speed);
  const seed = useLab((state) => state.config.seed);
  const over = useLab(({ phase }) => phase.kind === 'finished');
  return (
    <div className={style.controls}>
      {playing ? (
        <Button
          tone="primary"
          data-play=""
          data-spot="controls"
          icon={<Pause />}
          onClick={() => actions.pause()}
          tip={say('top.pauseTip')}
        >
          {say('top.pause')}
        </Button>
      ) : (
        <Button
          tone="primary"
          data-play=""
          data-spot="controls"
          icon={<Play />}
          onClick={() => actions.play()}
          tip={say('top.playTip')}
        >
          <PlayWords />
        </Button>
      )}
      <Button
        icon={<StepForward />}
        caption={say('top.step')}
        disabled={over}
        onClick={() => actions.step()}
        tip={say(over ? 'top.noMoreSteps' : 'top.stepTip')}
      />
      <span className={style.wide}>
        <SlowMotionButton />
      </span>
      <label className={style.speed}>
        <span className={style.speedWords} aria-hidden="true">
          {speedWords(speed)}
        </span>
        <input
          type="range"
          aria-label={say('top.speed.label')}
          min={0}
          max={topPosition}
          step={1}
          value={positionOf(speed)}
          aria-valuetext={speedWords(speed)}
          onChange={(event) => actions.setSpeed(speedAt(event.target.valueAsNumber))}
        />
      </label>
      <Button
        icon={<RotateCcw />}
        caption={say('top.reset')}
        onClick={() => actions.reset()}
        tip={say('top.resetTip')}
      />
      <Button
        icon={<Dices />}
        caption={say('top.newSeed')}
        onClick={() => actions.newSeed()}
        tip={say('top.newSeedTip', { seed })}
      />
    </div>
  );
}

/** Everything that starts, steers, shares and keeps a run. */
export function TopBar() {
  return (
    <>
      <header className={style.bar}>
        <ViewHead />
        <RunControls />
        <Tools />
      </header>
      <RunsRegion />
    </>
  );
}
