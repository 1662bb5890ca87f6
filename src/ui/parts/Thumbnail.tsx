import { memo, useLayoutEffect, useRef } from 'react';

/**
 * Writes one image of a packed series, 0 … 255, grey or RGB, into an RGBA buffer.
 *
 * @param target of the image's height and width, each divided by `shrink`
 * @param shape height, width, channels of an image
 * @param shrink how many pixels, in each direction, are averaged to one
 */
export function fillPixels(
  target: Uint8ClampedArray,
  pixels: Uint8Array,
  index: number,
  [height, width, channels]: readonly [number, number, number],
  shrink = 1,
): void {
  const start = index * height * width * channels;
  const [rows, columns] = [Math.floor(height / shrink), Math.floor(width / shrink)];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const at = 4 * (row * columns + column);
      for (let colour = 0; colour < 3; colour++) {
        let sum = 0;
        for (let y = row * shrink; y < (row + 1) * shrink; y++) {
          for (let x = column * shrink; x < (column + 1) * shrink; x++) {
            sum += pixels[start + (y * width + x) * channels + (channels === 3 ? colour : 0)];
          }
        }
        target[at + colour] = sum / (shrink * shrink);
      }
      target[at + 3] = 255;
    }
  }
}

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
