import { Popover } from '@base-ui/react/popover';
import { CircleHelp, X } from 'lucide-react';
import { type ReactNode, useEffect, useId, useRef } from 'react';
import { say } from '../../texts/say.ts';
import { Button } from './Button.tsx';
import { unbroken } from './Said.tsx';
import style from './Dialog.module.css';
import explanationStyle from './Explanation.module.css';
import popup from './Popup.module.css';

/** A modal dialog: the browser's own, so that focus, Escape and the backdrop are right. Open while mounted. */
export function Dialog({
  title,
  wide = false,
  onClose,
  children,
}: {
  readonly title: string;
  readonly wide?: boolean;
  readonly onClose: () => void;
  readonly children: ReactNode;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const headingId = useId();
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    <dialog
      ref={dialog}
      aria-labelledby={headingId}
      className={style.dialog}
      data-wide={wide}
      onClose={onClose}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className={style.inside}>
        <div className={style.header}>
          <h2 id={headingId}>{title}</h2>
          {/* It has the focus first, and with a tip the first Escape would close only that. */}
          <Button tone="plain" icon={<X />} tip={null} aria-label={say('parts.close')} onClick={onClose} />
        </div>
        {children}
      </div>
    </dialog>
  );
}

/** A question mark beside what it explains; the sentence appears on hover, focus and press. */
export function Explanation({ of, children }: { readonly of: string; readonly children: ReactNode }) {
  return (
    <Popover.Root>
      <Popover.Trigger
        openOnHover
        delay={200}
        className={explanationStyle.mark}
        aria-label={say('parts.about', { of })}
      >
        <CircleHelp aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} className={popup.positioner}>
          <Popover.Popup className={popup.popup} aria-label={say('parts.about', { of })}>
            <Popover.Description className={explanationStyle.text}>{unbroken(children)}</Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
