import { memo } from 'react';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import style from './PickList.module.css';

const places = 10;

/** Pictures that only together say something, as one image to a screen reader. */
export const PictureRow = memo(function PictureRow({
  name,
  spoken,
  pixels,
  shape,
}: {
  /** For the eye. */
  readonly name: string;
  readonly spoken: string;
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
}) {
  const count = Math.min(places, Math.floor(pixels.length / (shape[0] * shape[1] * shape[2])));
  return (
    <div className={style.row} data-used="extra" data-slim="true" title={spoken}>
      <p className={style.name} aria-hidden="true">
        {name}
      </p>
      <div className={style.list} {...(count > 0 ? { role: 'img', 'aria-label': spoken } : { 'aria-hidden': true })}>
        {Array.from({ length: places }, (_, index) => (
          <span key={index} className={style.item}>
            {index < count ? (
              <Thumbnail pixels={pixels} index={index} shape={shape} className={style.image} />
            ) : (
              <span className={style.place} />
            )}
          </span>
        ))}
      </div>
    </div>
  );
});
