import { memo } from 'react';
import { plainLoss } from '../numberFormat.ts';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { pathPoints } from './pathPoints.ts';
import style from './LatentPath.module.css';

/** One latent on its ascent: what the decoder makes of it at each point, and the interference there. */
export const LatentPath = memo(function LatentPath({
  interference,
  pixels,
  shape,
}: {
  /** At each point, in nats; the start first. */
  readonly interference: readonly number[];
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
}) {
  return (
    <ol className={style.path} aria-label="Ascent of one latent">
      {pathPoints(interference.length).map((point) => {
        const amount = plainLoss(interference[point]);
        const text = `${point === 0 ? 'Start' : `After step ${point}`}: interference ${amount}`;
        return (
          <li key={point} aria-label={text} title={text}>
            <span className="hidden-text">{text}</span>
            <Thumbnail pixels={pixels} index={point} shape={shape} className={style.image} />
            <span aria-hidden="true">{amount}</span>
          </li>
        );
      })}
    </ol>
  );
});
