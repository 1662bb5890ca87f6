import { Tooltip } from '@base-ui/react/tooltip';
import { type ComponentProps, type ReactNode, type RefObject, useCallback, useId, useRef } from 'react';
import style from './Button.module.css';
import choiceStyle from './Choice.module.css';
import popup from './Popup.module.css';
import { unbroken } from './Said.tsx';

interface ButtonProps extends Omit<ComponentProps<'button'>, 'className'> {
  readonly tone?: 'normal' | 'primary' | 'plain';
  readonly small?: boolean;
  readonly icon?: ReactNode;
  /** A word or two under the icon of a tool. */
  readonly caption?: string;
  /**
   * What the button does, in a few words, on hover and focus; of a button with only an icon its name, unless null. Of one
   * that is disabled, why: it can still be pointed at and focused, and does nothing. Screen readers tell it with the
   * button.
   */
  readonly tip?: string | null;
}

/** The class names of a button, for elements that only look like one. */
export function buttonClass({ tone = 'normal', small = false, iconOnly = false, tool = false }): string {
  const names = [style.button];
  if (tone === 'primary') names.push(style.primary);
  if (tone === 'plain') names.push(style.plain);
  if (small) names.push(style.small);
  if (iconOnly) names.push(style.iconOnly);
  if (tool) names.push(style.tool);
  return names.join(' ');
}

/**
 * A button of the page. Without children and caption it shows only its icon and needs an `aria-label`; so does a tool
 * whose caption is only a part of its name.
 */
export function Button({ tone = 'normal', small = false, icon, caption, tip, children, ...rest }: ButtonProps) {
  const tool = caption !== undefined;
  const iconOnly = children === undefined && !tool;
  const text = tip === undefined && iconOnly ? rest['aria-label'] : tip;
  const told = rest.disabled === true && text !== undefined && text !== null;
  const button = (
    <button
      type="button"
      className={buttonClass({ tone, small, iconOnly, tool })}
      aria-description={tip ?? undefined}
      {...rest}
      {...(told && { type: 'button', disabled: false, 'aria-disabled': true, onClick: undefined })}
    >
      {icon}
      {tool ? <span className={style.caption}>{caption}</span> : children}
    </button>
  );
  if (text === undefined || text === null) return button;
  return (
    <Tooltip.Root>
      <Tooltip.Trigger render={button} />
      {/* What it says is the button's name or description, and no text of its own outside the page's landmarks. */}
      <Tooltip.Portal aria-hidden="true">
        <Tooltip.Positioner sideOffset={6} className={popup.positioner}>
          <Tooltip.Popup className={popup.tip}>{unbroken(text)}</Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}

/**
 * Where the menu of a button opens: in the dialog or else the main part that the button stands in, so that nothing lies
 * over it and it belongs to a landmark. Give `trigger` to the button as its ref.
 */
export function useMenuPlace(): {
  readonly trigger: (button: HTMLElement | null) => void;
  readonly container: RefObject<HTMLElement | null>;
} {
  const container = useRef<HTMLElement>(null);
  const trigger = useCallback((button: HTMLElement | null) => {
    container.current = button?.closest<HTMLElement>('dialog, main') ?? null;
  }, []);
  return { trigger, container };
}

/** A few options side by side, one of them chosen: native radios that look like one switch. */
export function RadioChoice<T extends string>({
  label,
  options,
  words,
  value,
  onChange,
  whyFixed,
}: {
  readonly label: string;
  readonly options: readonly T[];
  readonly words: Readonly<Record<T, string>>;
  readonly value: T;
  readonly onChange: (value: T) => void;
  /** Why nothing can be chosen now; undefined where it can. */
  readonly whyFixed?: string | undefined;
}) {
  const name = useId();
  return (
    <div role="radiogroup" aria-label={label} title={whyFixed} className={choiceStyle.group}>
      {options.map((option) => (
        <label key={option} className={choiceStyle.option}>
          <input
            type="radio"
            name={name}
            value={option}
            checked={option === value}
            disabled={whyFixed !== undefined}
            onChange={() => onChange(option)}
          />
          {words[option]}
        </label>
      ))}
    </div>
  );
}
