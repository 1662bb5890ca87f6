import { type SyntheticEvent, useId, useRef, useState } from 'react';
import { backendNames, scoreNames } from '../../core/config.ts';
import type { BackendChoice } from '../../link/protocol.ts';
import { say } from '../../texts/say.ts';
import { DataPicker } from './DataPicker.tsx';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { unbroken } from '../parts/Said.tsx';
import {
  type FormField,
  settingExplanation,
  settingLabel,
  settingValue,
  wordBeside,
  backendWords,
  scoreWords,
} from '../parts/words.ts';
import {
  asInThePaper,
  fieldLimits,
  type FormProblems,
  laneValues,
  parseSettingsForm,
  settingsForm,
  settingGroups,
} from './settingsForm.ts';
import style from './SettingsDialog.module.css';

/** One setting: its name, a place to type, what it does, what it allows and what is wrong with it. */
function SettingField({
  field,
  value,
  inLanes,
  problem,
  onChange,
}: {
  readonly field: FormField;
  readonly value: string;
  /** In words, what each lane has of its own while nothing is filled in; null where all have the same. */
  readonly inLanes: string | null;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  const label = settingLabel(field);
  const common = {
    id,
    name: field,
    value,
    'aria-describedby': `${id}-explanation ${id}-problem`,
    'aria-invalid': problem !== undefined,
  };
  return (
    <div className={style.field}>
      <div className={style.line}>
        <label htmlFor={id}>{label}</label>
        {field === 'retrievalScore' ? (
          <select {...common} className={choice.select} onChange={(event) => onChange(event.target.value)}>
            {inLanes !== null && <option value="">{inLanes}</option>}
            {scoreNames.map((name) => (
              <option key={name} value={name}>
                {scoreWords[name]}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...common}
            className={style.input}
            type="text"
            inputMode={wordBeside[field] ? 'text' : 'decimal'}
            autoComplete="off"
            placeholder={inLanes ?? undefined}
            onChange={(event) => onChange(event.target.value)}
          />
        )}
      </div>
      <p id={`${id}-explanation`} className={style.explanation}>
        {unbroken(settingExplanation(field))} {inLanes !== null && `${say('settings.leftEmpty', { own: inLanes })} `}
        {field !== 'retrievalScore' && (
          <span className={style.limits}>{say('settings.allowed', { allowed: fieldLimits(field) })}</span>
        )}
      </p>
      <p id={`${id}-problem`} role={problem === undefined ? undefined : 'alert'} className={style.problem}>
        {problem}
      </p>
    </div>
  );
}

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

  /** "0.1 / 0.2": what lanes have of their own. */
  function ownWords(field: FormField): string | null {
    const values = laneValues(asInThePaper(config), field);
    return new Set(values).size === 1 ? null : values.map(settingValue).join(' / ');
  }

  function apply(event: SyntheticEvent): void {
    event.preventDefault();
    const parsed = parseSettingsForm(form, config);
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
    <Dialog title={say('settings.title')} wide onClose={onClose}>
      <form ref={formElement} onSubmit={apply} noValidate>
        <p className={style.lead}>{say('settings.lead')}</p>
        <div className={style.groups}>
          {settingGroups(config.scenario, config.lanes).map((group) => (
            <fieldset key={group.title} className={style.group}>
              <legend>{group.title}</legend>
              {group.lead !== undefined && <p className={style.explanation}>{unbroken(group.lead)}</p>}
              {group.fields.map((field) => (
                <SettingField
                  key={field}
                  field={field}
                  value={form[field]}
                  inLanes={ownWords(field)}
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
            <legend>{say('settings.machine')}</legend>
            <label className={style.machine}>
              <span>{say('settings.backend')}</span>
              <select
                className={choice.select}
                value={backend}
                onChange={(event) => setBackend(event.target.value as BackendChoice)}
              >
                {backendChoices.map((name) => (
                  <option key={name} value={name}>
                    {name === 'auto' ? say('settings.bestBackend') : backendWords[name]}
                  </option>
                ))}
              </select>
            </label>
            <p className={style.explanation}>{say('settings.backendExplanation')}</p>
            <DataPicker onOpen={onClose} />
            <p className={style.explanation}>{say('settings.ownCopy')}</p>
          </fieldset>
        </div>
        <div className={style.footer}>
          <Button
            onClick={() => {
              setForm(settingsForm(asInThePaper(config)));
              setProblems({});
            }}
          >
            {say('settings.asInThePaper')}
          </Button>
          <span className={style.gap} />
          <Button onClick={onClose}>{say('settings.cancel')}</Button>
          <Button tone="primary" type="submit">
            {say('settings.apply')}
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
