import { useId, useState, type ReactNode } from 'react';
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
        {wrong && `Allowed: ${allowed}.`}
      </p>
    </div>
  );
}
