import { memo, useLayoutEffect, useRef } from 'react';
import { fillPixels } from './fillPixels.ts';

/** About the side of the largest thumbnail in CSS pixels. */
const thumbnailSide = 40;

/** One image of the dataset as a picture; its meaning is told by what stands around it. */
export const Thumbnail = memo(function Thumbnail({
  pixels,
  index,
  shape,
  className,
}: {
  /** Images one after another. */
  readonly pixels: Uint8Array;
  readonly index: number;
  /** Height, width, channels. */
  readonly shape: readonly [number, number, number];
  readonly className?: string | undefined;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [height, width, channels] = shape;
  // A browser that shrinks a canvas by much skips pixels.
  const shrink = Math.max(1, Math.floor(height / (thumbnailSide * devicePixelRatio)));
  const [rows, columns] = [Math.floor(height / shrink), Math.floor(width / shrink)];
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d', { alpha: false });
    if (!context) return;
    const image = context.createImageData(columns, rows);
    fillPixels(image.data, pixels, index, [height, width, channels], shrink);
    context.putImageData(image, 0, 0);
  }, [pixels, index, height, width, channels, rows, columns, shrink]);
  return <canvas ref={canvas} width={columns} height={rows} className={className} aria-hidden="true" />;
});
