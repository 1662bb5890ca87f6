import { CircleHelp, Download, Link, Settings, Upload } from 'lucide-react';
import { useRef, useState } from 'react';
import { scenarioNames, type ScenarioName } from '../../engine/config.ts';
import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { SettingsDialog } from '../settings/SettingsDialog.tsx';
import { ThemeButton } from '../ThemeButton.tsx';
import { ViewHead } from '../ViewHead.tsx';
import { scenarioWords } from '../words.ts';
import { HelpDialog } from './HelpDialog.tsx';
import { RunControls } from './RunControls.tsx';
import { ShareDialog } from './ShareDialog.tsx';
import { useRunFiles } from './useRunFiles.ts';
import style from './TopBar.module.css';

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
