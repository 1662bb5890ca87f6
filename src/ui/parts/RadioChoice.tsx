import { useId } from 'react';
import style from './Choice.module.css';

/** A few options side by side, one of them chosen: native radios that look like one switch. */
export function RadioChoice<T extends string>({
  label,
  options,
  words,
  value,
  onChange,
}: {
  readonly label: string;
  readonly options: readonly T[];
  readonly words: Readonly<Record<T, string>>;
  readonly value: T;
  readonly onChange: (value: T) => void;
}) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} className={style.group}>
      {options.map((option) => (
        <label key={option} className={style.option}>
          <input type="radio" name={name} value={option} checked={option === value} onChange={() => onChange(option)} />
          {words[option]}
        </label>
      ))}
    </div>
  );
}
