import { useId } from 'react';
import { scoreNames } from '../../engine/config.ts';
import choice from '../parts/Choice.module.css';
import { scoreWords } from '../words.ts';
import { fieldLimits } from './parseSettingsForm.ts';
import { settingTexts, type FormField } from './settingTexts.ts';
import style from './SettingsDialog.module.css';

/** One setting: its name, a place to type, what it does, what it allows and what is wrong with it. */
export function SettingField({
  field,
  value,
  problem,
  onChange,
}: {
  readonly field: FormField;
  readonly value: string;
  readonly problem: string | undefined;
  readonly onChange: (value: string) => void;
}) {
  const id = useId();
  const { label, explanation } = settingTexts[field];
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
            inputMode={settingTexts[field].auto ? 'text' : 'decimal'}
            autoComplete="off"
            onChange={(event) => onChange(event.target.value)}
          />
        )}
      </div>
      <p id={`${id}-explanation`} className={style.explanation}>
        {explanation} {field !== 'retrievalScore' && <span className={style.limits}>Allowed: {fieldLimits(field)}.</span>}
      </p>
      <p id={`${id}-problem`} role={problem === undefined ? undefined : 'alert'} className={style.problem}>
        {problem}
      </p>
    </div>
  );
}
