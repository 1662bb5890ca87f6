import { allowedValues, type BackendName, backendNames, settingsSchema } from '../../engine/config.ts';
import { tableIds, tableTitles } from '../../engine/paperRow.ts';
import { allowedSeeds, parseSeedRange, seedRangeText } from '../../state/seedRange.ts';
import { changeableSettings, changesSchema, defaultPlan, rowsOf, type ChangeableSetting } from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import choice from '../parts/Choice.module.css';
import { Explanation } from '../parts/Explanation.tsx';
import { RadioChoice } from '../parts/RadioChoice.tsx';
import { networkSize } from '../settings/settingTexts.ts';
import { backendWords } from '../words.ts';
import { PlanField } from './PlanField.tsx';
import { useSweep, useSweepActions } from './SweepContext.ts';
import { tableWords } from './sweepWords.ts';
import style from './PlanForm.module.css';

const settingLabels: Readonly<Record<ChangeableSetting, string>> = {
  samplesPerTask: 'Samples per task',
  hidden: 'Hidden units',
  filters: 'Filters',
  learningRate: 'Learning rate α',
};

const backendOptions = { auto: 'Best that works', ...backendWords } as const satisfies Readonly<Record<BackendName | 'auto', string>>;

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
            One run per row and seed. A seed draws weights, stream, memory and candidates; equal seeds draw the same for every
            row. 10 means seeds 0 to 9; 4-6 means 4, 5 and 6. More seeds narrow the intervals.
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
