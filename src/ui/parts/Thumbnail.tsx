import { memo, useLayoutEffect, useRef } from 'react';
import { fillPixels } from './fillPixels.ts';

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
  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d', { alpha: false });
    if (!context) return;
    const image = context.createImageData(width, height);
    fillPixels(image.data, pixels, index, channels);
    context.putImageData(image, 0, 0);
  }, [pixels, index, height, width, channels]);
  return <canvas ref={canvas} width={width} height={height} className={className} aria-hidden="true" />;
});
