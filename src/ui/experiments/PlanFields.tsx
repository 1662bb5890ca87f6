import { type ReactNode, useId, useState } from 'react';
import { scenarioNames } from '../../core/config.ts';
import { methods, methodsOf } from '../../core/methods.ts';
import { scenarios } from '../../core/scenarios.ts';
import { allowedOfValues, ownPlanOf, parseValues, usualValues } from '../../state/sweepAddress.ts';
import { type OwnPlan, variedSettings } from '../../state/sweepPlan.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useNamingRun, useSweep, useSweepActions } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { methodSentence, scenarioNameBeside } from '../parts/words.ts';
import style from './PlanForm.module.css';

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
        {wrong && say('experiments.plan.allowed', { allowed })}
      </p>
    </div>
  );
}

/** Where an own comparison runs, and over which setting. */
export function OwnFields({ plan }: { readonly plan: OwnPlan }) {
  const data = useSweep((state) => state.data);
  const run = useNamingRun();
  const { setPlan } = useSweepActions();
  const { varied } = plan;
  return (
    <>
      <label className={style.field}>
        <span className={style.label}>{say('leaderboard.scenario')}</span>
        <select
          className={choice.select}
          value={plan.scenario}
          onChange={({ target }) => {
            const scenario = scenarioNames.find((name) => name === target.value);
            if (scenario !== undefined) setPlan({ ...ownPlanOf(plan, { scenario }), varied: null });
          }}
        >
          {scenarioNames.map((name) => (
            <option key={name} value={name}>
              {data[scenarios[name].dataset] === 'missing'
                ? say('leaderboard.missing', { scenario: scenarioNameBeside(name, run) })
                : scenarioNameBeside(name, run)}
            </option>
          ))}
        </select>
      </label>
      <div className={style.field}>
        <span className={style.label}>
          <label htmlFor="varied">{say('leaderboard.goThrough')}</label>
          <Explanation of={say('leaderboard.aboutGoThrough')}>{say('leaderboard.goThroughExplanation')}</Explanation>
        </span>
        <select
          id="varied"
          className={choice.select}
          value={varied?.setting ?? ''}
          onChange={({ target }) => {
            const setting = variedSettings.find((name) => name === target.value);
            setPlan({
              ...plan,
              varied: setting === undefined ? null : parseValues(usualValues(plan.scenario, setting).join(), setting),
              changes: setting === undefined ? plan.changes : { ...plan.changes, [setting]: null },
              view: { ...plan.view, chart: setting === undefined ? 'scatter' : 'setting' },
            });
          }}
        >
          <option value="">{say('leaderboard.nothing')}</option>
          {variedSettings.map((setting) => (
            <option key={setting} value={setting}>
              {say(`leaderboard.varied.${setting}`)}
            </option>
          ))}
        </select>
      </div>
      {varied !== null && (
        <PlanField
          key={varied.setting}
          label={say('leaderboard.values')}
          value={varied.values.join(', ')}
          allowed={allowedOfValues(varied.setting)}
          onChange={(text) => {
            const read = parseValues(text, varied.setting);
            if (read !== null) setPlan({ ...plan, varied: read });
            return read !== null;
          }}
        />
      )}
    </>
  );
}

/** Which methods of the catalogue are compared. */
export function MethodChoice({ plan }: { readonly plan: OwnPlan }) {
  const { setPlan } = useSweepActions();
  const possible = methodsOf(plan.scenario);
  return (
    <div role="group" aria-label={say('leaderboard.methods')} className={style.methods}>
      {possible.map((method) => (
        <label key={method} title={methodSentence(method)}>
          <input
            type="checkbox"
            checked={plan.methods.includes(method)}
            onChange={({ target }) => {
              const others = plan.methods.filter((other) => other !== method);
              setPlan(ownPlanOf(plan, { methods: target.checked ? [...others, method] : others }));
            }}
          />
          {methods[method].label}
        </label>
      ))}
      <Button
        small
        tone="plain"
        disabled={plan.methods.length === possible.length}
        {...(plan.methods.length === possible.length && { tip: say('leaderboard.allMethodsIn') })}
        onClick={() =>
          setPlan(
            ownPlanOf(plan, {
              methods: [...plan.methods, ...possible.filter((method) => !plan.methods.includes(method))],
            }),
          )
        }
      >
        {say('leaderboard.allMethods')}
      </Button>
    </div>
  );
}
