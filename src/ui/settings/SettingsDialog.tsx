import { useRef, useState, type SyntheticEvent } from 'react';
import { backendNames, scenarioSettings } from '../../engine/config.ts';
import type { BackendChoice } from '../../worker/protocol.ts';
import { DataPicker } from '../data/DataPicker.tsx';
import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { Dialog } from '../parts/Dialog.tsx';
import { backendWords } from '../words.ts';
import { parseSettingsForm, settingsForm, type FormProblems } from './parseSettingsForm.ts';
import { SettingField } from './SettingField.tsx';
import { settingGroups } from './settingTexts.ts';
import style from './SettingsDialog.module.css';

const backendChoices: readonly BackendChoice[] = ['auto', ...backendNames];

/** All settings of the experiment; Apply starts over with them. */
export function SettingsDialog({ onClose }: { readonly onClose: () => void }) {
  const actions = useLabActions();
  const config = useLab((state) => state.config);
  const backendInUse = useLab((state) => state.backendChoice);
  const [form, setForm] = useState(() => settingsForm(config));
  const [backend, setBackend] = useState(backendInUse);
  const [problems, setProblems] = useState<FormProblems>({});
  const formElement = useRef<HTMLFormElement>(null);

  function apply(event: SyntheticEvent): void {
    event.preventDefault();
    const parsed = parseSettingsForm(form);
    if (parsed.kind === 'invalid') {
      setProblems(parsed.problems);
      const first = Object.keys(parsed.problems)[0];
      formElement.current?.querySelector<HTMLElement>(`[name="${first}"]`)?.focus();
      return;
    }
    onClose();
    actions.applySettings(parsed.settings);
    if (backend !== backendInUse) actions.setBackend(backend);
  }

  return (
    <Dialog title="Settings" wide onClose={onClose}>
      <form ref={formElement} onSubmit={apply} noValidate>
        <p className={style.lead}>Every lane uses the same settings. Apply starts over at step 0; the link in the address bar follows.</p>
        <div className={style.groups}>
          {settingGroups(config.scenario, config.lanes).map((group) => (
            <fieldset key={group.title} className={style.group}>
              <legend>{group.title}</legend>
              {group.lead !== undefined && <p className={style.explanation}>{group.lead}</p>}
              {group.fields.map((field) => (
                <SettingField
                  key={field}
                  field={field}
                  value={form[field]}
                  problem={problems[field]}
                  onChange={(value) => {
                    setForm({ ...form, [field]: value });
                    setProblems({ ...problems, [field]: undefined });
                  }}
                />
              ))}
            </fieldset>
          ))}
          <fieldset className={style.group}>
            <legend>Machine and data</legend>
            <label className={style.machine}>
              <span>Backend</span>
              <select
                className={choice.select}
                value={backend}
                onChange={(event) => setBackend(event.target.value as BackendChoice)}
              >
                {backendChoices.map((name) => (
                  <option key={name} value={name}>
                    {name === 'auto' ? 'Best that works' : backendWords[name]}
                  </option>
                ))}
              </select>
            </label>
            <p className={style.explanation}>What computes: the GPU through WebGPU or WebGL, or the processor.</p>
            <DataPicker onOpen={onClose} />
            <p className={style.explanation}>
              Your own copy: MNIST’s four IDX files (plain or .gz), cifar-10-binary.tar.gz, or a folder or zip of
              MiniImagenet with train.csv, val.csv and test.csv. All can be dropped anywhere on the page, too.
            </p>
          </fieldset>
        </div>
        <div className={style.footer}>
          <Button
            onClick={() => {
              setForm(settingsForm(scenarioSettings(config.scenario)));
              setProblems({});
            }}
          >
            As in the paper
          </Button>
          <span className={style.gap} />
          <Button onClick={onClose}>Cancel</Button>
          <Button tone="primary" type="submit">
            Apply
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
