import { Menu } from '@base-ui/react/menu';
import { ChevronDown } from 'lucide-react';
import { buttonClass } from '../parts/Button.tsx';
import popup from '../parts/Popup.module.css';

export type ExportFormat = 'PNG' | 'SVG' | 'CSV';

const formats: readonly ExportFormat[] = ['PNG', 'SVG', 'CSV'];

/** A button that opens the list of formats in which a chart can be kept. */
export function ExportMenu({ onExport, disabled }: { readonly onExport: (format: ExportFormat) => void; readonly disabled: boolean }) {
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className={buttonClass({ small: true, tone: 'plain' })} disabled={disabled}>
        Export
        <ChevronDown aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner align="end" sideOffset={4} className={popup.positioner}>
          <Menu.Popup className={popup.menu}>
            {formats.map((format) => (
              <Menu.Item key={format} className={popup.menuItem} onClick={() => onExport(format)}>
                {format}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
