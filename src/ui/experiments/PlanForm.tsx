import { useState } from 'react';
import { backendNames, settingsSchema } from '../../core/config.ts';
import { tableIds } from '../../core/paperTable.ts';
import { allowedWords } from '../../state/addressParts.ts';
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
import { amount } from '../../texts/numbers.ts';
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
  const own = plan.kind === 'own';
  return changeableOf(plan)
    .filter(isUsed)
    .map((name) => {
      const values = usualOf(plan, name).map(amount).join(' / ');
      const allowed = allowedWords(settingsSchema.shape[name]);
      return (
        <PlanField
          key={`${plan.kind === 'own' ? plan.scenario : plan.table} ${name}`}
          label={say(`experiments.settings.${name}`)}
          value={changeOf(plan, name)?.toString() ?? ''}
          placeholder={
            values === ''
              ? say('experiments.plan.unused')
              : say(own ? 'experiments.plan.ofPreset' : 'experiments.plan.ofPaper', { values })
          }
          allowed={say(own ? 'experiments.plan.orPreset' : 'experiments.plan.orPaper', { allowed })}
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
    <fieldset disabled={locked} className={style.form} aria-label={say('experiments.plan.label')}>
      <div className={style.table}>
        <RadioChoice
          label={say('leaderboard.which')}
          options={choices}
          words={{ ...tableWords(), own: say('leaderboard.own') }}
          value={plan.kind === 'own' ? 'own' : `${plan.table}`}
          onChange={(text) => {
            const table = tableIds.find((number) => String(number) === text);
            const start = table === undefined ? defaultOwnPlan('split-mnist') : defaultPlan(table);
            setPlan({ ...start, seeds: plan.seeds, backend: plan.backend });
          }}
        />
        <p>{plan.kind === 'own' ? say('leaderboard.ownTitle') : say(`experiments.titles.${plan.table}`)}</p>
      </div>
      {plan.kind === 'own' && <OwnFields plan={plan} />}
      <PlanField
        label={say('experiments.plan.seeds')}
        value={seedRangeText(plan.seeds)}
        allowed={allowedSeeds()}
        explanation={
          <Explanation of={say('experiments.plan.aboutSeeds')}>{say('experiments.plan.seedsExplanation')}</Explanation>
        }
        onChange={(text) => {
          const seeds = parseSeedRange(text);
          if (seeds !== null) setPlan({ ...plan, seeds });
          return seeds !== null;
        }}
      />
      {plan.kind === 'table' && <ChangeFields />}
      <label className={style.field}>
        <span className={style.label}>{say('experiments.plan.backend')}</span>
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
              {name === 'auto' ? say('experiments.plan.best') : backendWords[name]}
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
