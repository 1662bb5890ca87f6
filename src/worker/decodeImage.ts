import type { DecodedImage } from '../engine/data/squareImage.ts';

let canvas: OffscreenCanvas | null = null;

/**
 * Decodes a picture of any kind that the browser knows; transparent parts become black.
 *
 * @throws DOMException if it knows none such, or the picture is damaged
 */
export async function decodeImage(bytes: Uint8Array<ArrayBuffer>): Promise<DecodedImage> {
  const bitmap = await createImageBitmap(new Blob([bytes]), { colorSpaceConversion: 'none' });
  const { width, height } = bitmap;
  canvas ??= new OffscreenCanvas(width, height);
  canvas.width = width;
  canvas.height = height;
  // Pixels are read at once and in this thread, so a canvas on the graphics card would only slow it down.
  const context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new DOMException('The browser gives no canvas to decode pictures with.', 'NotSupportedError');
  context.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, channels: 4, data: context.getImageData(0, 0, width, height).data };
}
