import { CircleHelp, Download, Link, Settings, Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { LessonButton } from '../lesson/LessonButton.tsx';
import { Button } from '../parts/Button.tsx';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { useRunFiles } from '../parts/runFiles.ts';
import { RunsTools } from '../runs/RunsTools.tsx';
import { SettingsDialog } from '../settings/SettingsDialog.tsx';
import { HelpDialog, ShareDialog } from './HelpDialog.tsx';
import style from './TopBar.module.css';
import { ThemeButton } from './ViewHead.tsx';

/** What sets, shares and keeps a run. */
export function Tools() {
  const actions = useLabActions();
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
    <div className={style.tools}>
      <RunsTools />
      <Button
        icon={<Settings />}
        caption="Settings"
        onClick={() => setOpen('settings')}
        tip="Memory, learning rate, seed, backend, data"
      />
      <Button
        icon={<Link />}
        caption="Share"
        aria-label="Share link"
        onClick={() => void share()}
        tip="Copy a link that opens this very experiment"
      />
      <Button
        icon={<Download />}
        caption="Export"
        aria-label="Export run"
        disabled={nothingShown}
        onClick={exportRun}
        tip="Everything measured, as a JSON file"
      />
      <Button
        icon={<Upload />}
        caption="Import"
        aria-label="Import run"
        onClick={() => filePicker.current?.click()}
        tip="Open such a file again, as curves"
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
      <Button icon={<CircleHelp />} caption="Help" aria-label="Help: how it works" onClick={() => setOpen('help')} />
      <ThemeButton />
      {open === 'settings' && <SettingsDialog onClose={() => setOpen(null)} />}
      {open === 'help' && <HelpDialog onClose={() => setOpen(null)} />}
      {open === 'share' && <ShareDialog onClose={() => setOpen(null)} />}
    </div>
  );
}
