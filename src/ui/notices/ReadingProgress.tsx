import type { LoadProgress } from '../../worker/protocol.ts';
import { megabytes } from '../numberFormat.ts';
import style from './PhaseBanner.module.css';

/** How much of some data has been read or downloaded. */
export function ReadingProgress({ progress: { what, loaded, total } }: { readonly progress: LoadProgress }) {
  const known = total > 0;
  return (
    <label className={style.loading}>
      <span>{what}</span>
      <progress {...(known ? { value: loaded, max: total } : {})} />
      {known && (
        <span className={style.amount}>
          {megabytes(loaded)} of {megabytes(total)}
        </span>
      )}
    </label>
  );
}
