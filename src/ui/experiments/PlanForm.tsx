import { type ReactNode, useId, useState } from 'react';
import { allowedValues, type BackendName, backendNames, settingsSchema } from '../../core/config.ts';
import { tableIds, tableTitles } from '../../core/paperRow.ts';
import {
  allowedSeeds,
  type ChangeableSetting,
  changeableSettings,
  changesSchema,
  defaultPlan,
  parseSeedRange,
  rowsOf,
  seedRangeText,
} from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import { RadioChoice } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useSweep, useSweepActions } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { backendWords } from '../parts/words.ts';
import { networkSize } from '../settings/settingsForm.ts';
import style from './PlanForm.module.css';
import { tableWords } from './sweepWords.ts';

/** One part of the plan as text. What is not allowed is named, and leaves the plan as it was. */
export function PlanField({
  label,
  value,
  allowed,
  placeholder,
  explanation,
  onChange,
}: {
  readonly label: string;
  /** As the plan has it. */
  readonly value: string;
  /** In words. */
  readonly allowed: string;
  readonly placeholder?: string;
  readonly explanation?: ReactNode;
  /** Takes the text into the plan; false if it is not allowed. */
  readonly onChange: (text: string) => boolean;
}) {
  const id = useId();
  /** What is being typed, with the plan's value that it belongs to; null once it is in the plan. */
  const [draft, setDraft] = useState<string | null>(null);
  const [wrong, setWrong] = useState(false);
  return (
    <div className={style.field}>
      <span className={style.label}>
        <label htmlFor={id}>{label}</label>
        {explanation}
      </span>
      <input
        id={id}
        type="text"
        autoComplete="off"
        className={style.input}
        value={draft ?? value}
        {...(placeholder === undefined ? {} : { placeholder })}
        aria-invalid={wrong}
        aria-describedby={`${id}-problem`}
        onChange={(event) => {
          setDraft(event.target.value);
          setWrong(!onChange(event.target.value));
        }}
        onBlur={() => {
          if (!wrong) setDraft(null);
        }}
      />
      <p id={`${id}-problem`} role={wrong ? 'alert' : undefined} className={style.problem}>
        {wrong && `Allowed: ${allowed}.`}
      </p>
    </div>
  );
}

const settingLabels: Readonly<Record<ChangeableSetting, string>> = {
  samplesPerTask: 'Samples per task',
  hidden: 'Hidden units',
  filters: 'Filters',
  learningRate: 'Learning rate α',
};

const backendOptions = { auto: 'Best that works', ...backendWords } as const satisfies Readonly<
  Record<BackendName | 'auto', string>
>;

/** What is run: table, seeds, backend, and settings where they shall not be the paper's. */
export function PlanForm() {
  const plan = useSweep((state) => state.plan);
  const locked = useSweep((state) => underWay(state.phase) || state.phase.kind === 'opening');
  const { setPlan } = useSweepActions();
  /** What the size of the networks in this table is called, of the two that there are. */
  const sizes = rowsOf(plan.table).map(({ config }) => networkSize(config.scenario));
  const isUsed = (name: ChangeableSetting) => (name !== 'hidden' && name !== 'filters') || sizes.includes(name);

  /** The paper's value, or values, of a setting in this table. */
  function papers(name: ChangeableSetting): string {
    return [...new Set(rowsOf(plan.table).map(({ config }) => config[name].toLocaleString('en')))].join(' / ');
  }

  return (
    <fieldset disabled={locked} className={style.form} aria-label="What to run">
      <div className={style.table}>
        <RadioChoice
          label="Table of the paper"
          options={tableIds.map((table) => `${table}` as const)}
          words={tableWords}
          value={`${plan.table}`}
          onChange={(text) => {
            const table = tableIds.find((number) => String(number) === text) ?? plan.table;
            setPlan({ ...defaultPlan(table), seeds: plan.seeds, backend: plan.backend });
          }}
        />
        <p>{tableTitles[plan.table]}</p>
      </div>
      <PlanField
        label="Seeds"
        value={seedRangeText(plan.seeds)}
        allowed={allowedSeeds}
        explanation={
          <Explanation of="seeds">
            One run per row and seed. A seed draws weights, stream, memory and candidates; equal seeds draw the same for
            every row. 10 means seeds 0 to 9; 4-6 means 4, 5 and 6. More seeds narrow the intervals.
          </Explanation>
        }
        onChange={(text) => {
          const seeds = parseSeedRange(text);
          if (seeds !== null) setPlan({ ...plan, seeds });
          return seeds !== null;
        }}
      />
      {changeableSettings.filter(isUsed).map((name) => (
        <PlanField
          key={`${plan.table} ${name}`}
          label={settingLabels[name]}
          value={plan.changes[name]?.toString() ?? ''}
          placeholder={`paper: ${papers(name)}`}
          allowed={`${allowedValues(settingsSchema.shape[name])}, or nothing for the paper's`}
          onChange={(text) => {
            const value = text.trim() === '' ? null : Number(text);
            const result = changesSchema.shape[name].safeParse(value);
            if (result.success) setPlan({ ...plan, changes: { ...plan.changes, [name]: result.data } });
            return result.success;
          }}
        />
      ))}
      <label className={style.field}>
        <span className={style.label}>Backend</span>
        <select
          className={choice.select}
          value={plan.backend}
          onChange={(event) => {
            const backend = (['auto', ...backendNames] as const).find((name) => name === event.target.value);
            if (backend !== undefined) setPlan({ ...plan, backend });
          }}
        >
          {(['auto', ...backendNames] as const).map((name) => (
            <option key={name} value={name}>
              {backendOptions[name]}
            </option>
          ))}
        </select>
      </label>
    </fieldset>
  );
}
