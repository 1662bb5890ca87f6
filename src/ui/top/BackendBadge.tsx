import { Popover } from '@base-ui/react/popover';
import { Info } from 'lucide-react';
import { useLab } from '../LabContext.ts';
import popup from '../parts/Popup.module.css';
import { backendWords } from '../words.ts';
import style from './BackendBadge.module.css';

/** Which backend computes; and if that is not the graphics hardware, why not and what to do about it. */
export function BackendBadge() {
  const backend = useLab(({ shown }) => shown?.backend ?? null);
  const failed = useLab(({ phase }) => phase.kind === 'failed');
  const wanted = useLab((state) => state.backendChoice);
  if (backend === null) return failed ? null : <span className={style.badge}>starting…</span>;
  const name = backendWords[backend.name];
  if (backend.hardware) {
    return (
      <span className={`${style.badge} ${style.gpu}`} title={backend.device}>
        {name} · GPU
      </span>
    );
  }
  return (
    <Popover.Root>
      <Popover.Trigger openOnHover className={`${style.badge} ${style.noGpu}`} aria-label={`${name}, not on the GPU: why?`}>
        {name} · no GPU
        <Info aria-hidden="true" />
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={8} align="start" className={popup.positioner}>
          <Popover.Popup className={popup.popup}>
            <Popover.Title className={style.title}>
              Running on {name}
              {backend.device && ` (${backend.device})`}, not on graphics hardware
            </Popover.Title>
            <Popover.Description render={<div />} className={style.text}>
              {wanted === 'auto' ? null : <p>This backend was asked for, in the settings or in the address.</p>}
              {backend.passedOver.length > 0 && (
                <ul className={style.reasons}>
                  {backend.passedOver.map(({ name: better, reason }) => (
                    <li key={better}>
                      <strong>{backendWords[better]}:</strong> {reason}
                    </li>
                  ))}
                </ul>
              )}
              <p>
                The results are the same, only slower. For the GPU, use Chrome or Edge 113 or newer (or Safari 26), turn
                on “Use graphics acceleration when available” in the browser’s settings, update the graphics driver, and
                load this page again.
              </p>
            </Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}
