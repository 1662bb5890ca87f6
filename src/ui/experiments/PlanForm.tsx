import { useState } from 'react';
import { allowedValues, type BackendName, backendNames, settingsSchema } from '../../core/config.ts';
import { tableIds, tableTitles } from '../../core/paperTable.ts';
import { defaultOwnPlan } from '../../state/sweepAddress.ts';
import {
  allowedSeeds,
  type ChangeableSetting,
  changeableOf,
  changeOf,
  changedRows,
  defaultPlan,
  parseSeedRange,
  seedRangeText,
  usualOf,
  withChange,
} from '../../state/sweepPlan.ts';
import { underWay } from '../../state/sweepStore.ts';
import { say } from '../../texts/say.ts';
import { RadioChoice } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useSweep, useSweepActions } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { backendWords } from '../parts/words.ts';
import { networkSize } from '../settings/settingsForm.ts';
import { MethodChoice, OwnFields, PlanField } from './PlanFields.tsx';
import style from './PlanForm.module.css';
import { tableWords } from './sweepWords.ts';

const settingLabels: Readonly<Record<ChangeableSetting, string>> = {
  samplesPerTask: 'Samples per task',
  hidden: 'Hidden units',
  filters: 'Filters',
  learningRate: 'Learning rate α',
  memoryPerClass: 'Memory per class',
  iterations: 'Iterations',
  candidates: 'Candidates C',
  budget: 'Budget B',
};

const backendOptions = { auto: 'Best that works', ...backendWords } as const satisfies Readonly<
  Record<BackendName | 'auto', string>
>;

/** The settings that a plan may change, where they shall not be the paper's or the methods' own. */
function ChangeFields() {
  const plan = useSweep((state) => state.plan);
  const { setPlan } = useSweepActions();
  /** What the size of the networks is called, of the two that there are. */
  const sizes =
    plan.kind === 'own'
      ? [networkSize(plan.scenario)]
      : changedRows(plan).map(({ config }) => networkSize(config.scenario));
  const isUsed = (name: ChangeableSetting) => (name !== 'hidden' && name !== 'filters') || sizes.includes(name);
  const whose = plan.kind === 'own' ? 'preset' : 'paper';
  const kept = plan.kind === 'own' ? 'each method’s own' : 'the paper’s';
  return changeableOf(plan)
    .filter(isUsed)
    .map((name) => {
      const usual = usualOf(plan, name).map((value) => value.toLocaleString('en'));
      return (
        <PlanField
          key={`${plan.kind === 'own' ? plan.scenario : plan.table} ${name}`}
          label={settingLabels[name]}
          value={changeOf(plan, name)?.toString() ?? ''}
          placeholder={usual.length === 0 ? 'none uses it' : `${whose}: ${usual.join(' / ')}`}
          allowed={`${allowedValues(settingsSchema.shape[name])}, or nothing for ${kept}`}
          onChange={(text) => {
            const changed = withChange(plan, name, text.trim() === '' ? null : Number(text));
            if (changed !== null) setPlan(changed);
            return changed !== null;
          }}
        />
      );
    });
}

const choices = [...tableIds.map((table) => `${table}` as const), 'own' as const];

/** What is run: a table of the paper or an own comparison, seeds, backend, and settings that are changed. */
export function PlanForm() {
  const plan = useSweep((state) => state.plan);
  const locked = useSweep((state) => underWay(state.phase) || state.phase.kind === 'opening');
  const { setPlan } = useSweepActions();
  const [open, setOpen] = useState(false);
  const changed = changeableOf(plan).filter((name) => changeOf(plan, name) !== null).length;

  return (
    <fieldset disabled={locked} className={style.form} aria-label="What to run">
      <div className={style.table}>
        <RadioChoice
          label={say('leaderboard.which')}
          options={choices}
          words={{ ...tableWords, own: say('leaderboard.own') }}
          value={plan.kind === 'own' ? 'own' : `${plan.table}`}
          onChange={(text) => {
            const table = tableIds.find((number) => String(number) === text);
            const start = table === undefined ? defaultOwnPlan('split-mnist') : defaultPlan(table);
            setPlan({ ...start, seeds: plan.seeds, backend: plan.backend });
          }}
        />
        <p>{plan.kind === 'own' ? say('leaderboard.ownTitle') : tableTitles[plan.table]}</p>
      </div>
      {plan.kind === 'own' && <OwnFields plan={plan} />}
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
      {plan.kind === 'table' && <ChangeFields />}
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
      {plan.kind === 'own' && (
        <>
          <MethodChoice plan={plan} />
          <details className={style.more} open={open} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
            <summary>{say('leaderboard.allSettings', { changed })}</summary>
            <div className={style.form}>
              <ChangeFields />
            </div>
          </details>
        </>
      )}
    </fieldset>
  );
}
