import { Dialog } from '../parts/Dialog.tsx';
import style from './ShareDialog.module.css';

/** The link to select by hand, where the browser does not let the page use the clipboard. */
export function ShareDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Share link" onClose={onClose}>
      <label className={style.field}>
        This browser does not let the page use the clipboard. Copy the link from here:
        <input
          className={style.link}
          readOnly
          autoFocus
          value={location.href}
          onFocus={(event) => event.target.select()}
        />
      </label>
    </Dialog>
  );
}
