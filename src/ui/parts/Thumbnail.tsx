import { memo, useLayoutEffect, useRef } from 'react';

/** Writes one image of a packed series, 0 … 255, grey or RGB, into an RGBA buffer. */
export function fillPixels(target: Uint8ClampedArray, pixels: Uint8Array, index: number, channels: number): void {
  const count = target.length / 4;
  const start = index * count * channels;
  for (let i = 0; i < count; i++) {
    const from = start + i * channels;
    target[4 * i] = pixels[from];
    target[4 * i + 1] = pixels[channels === 3 ? from + 1 : from];
    target[4 * i + 2] = pixels[channels === 3 ? from + 2 : from];
    target[4 * i + 3] = 255;
  }
}

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
