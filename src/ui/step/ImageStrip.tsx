import { memo } from 'react';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import style from './StepPanel.module.css';

/** A row of small images; the lanes tell what each one is. */
export const ImageStrip = memo(function ImageStrip({
  pixels,
  count,
  shape,
  framed = false,
}: {
  readonly pixels: Uint8Array | null;
  readonly count: number;
  readonly shape: readonly [number, number, number] | null;
  readonly framed?: boolean;
}) {
  const places = pixels && shape ? count : 0;
  return (
    <div className={style.strip} data-framed={framed} aria-hidden="true">
      {pixels && shape
        ? Array.from({ length: places }, (_, index) => <Thumbnail key={index} pixels={pixels} index={index} shape={shape} />)
        : null}
      {Array.from({ length: Math.max(0, 10 - places) }, (_, index) => (
        <span key={`empty ${index}`} />
      ))}
    </div>
  );
});
