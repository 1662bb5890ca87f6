import { CircleHelp, Download, Link, Settings, Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { say } from '../../texts/say.ts';
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
        tip={say('top.exportTip')}
      />
      <Button
        icon={<Upload />}
        caption={say('top.import')}
        aria-label={say('top.importRun')}
        onClick={() => filePicker.current?.click()}
        tip={say('top.importTip')}
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
    </div>
  );
}
