import { Popover } from '@base-ui/react/popover';
import { CircleHelp } from 'lucide-react';
import type { ReactNode } from 'react';
import style from './Explanation.module.css';
import popup from './Popup.module.css';

/** A question mark beside what it explains; the sentence appears on hover, focus and press. */
export function Explanation({ of, children }: { readonly of: string; readonly children: ReactNode }) {
  return (
    <Popover.Root>
      <Popover.Trigger openOnHover delay={200} className={style.mark} aria-label={`About ${of}`}>
        <CircleHelp aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} className={popup.positioner}>
          <Popover.Popup className={popup.popup}>
            <Popover.Description className={style.text}>{children}</Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
