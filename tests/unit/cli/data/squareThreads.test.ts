import { encode as encodeJpeg } from 'jpeg-js';
import { afterAll, describe, expect, it } from 'vitest';
import { decodeImage } from '../../../../src/cli/data/squareThread.ts';
import { SquareThreads } from '../../../../src/cli/data/readDataset.ts';
import { squareImage } from '../../../../src/engine/data/squareImage.ts';

/** A JPEG with another pattern for each number. */
function picture(number: number): Uint8Array {
  const [width, height] = [60 + number, 50];
  const data = Uint8Array.from({ length: width * height * 4 }, (_, i) =>
    i % 4 === 3 ? 255 : (i >> 2) * (number + 1) + 40 * (i % 4),
  );
  return new Uint8Array(encodeJpeg({ width, height, data }, 90).data);
}

describe('SquareThreads', () => {
  const threads = new SquareThreads();
  afterAll(() => threads.close());

  it('gives each picture its own square, as one thread would make it', async () => {
    const pictures = Array.from({ length: 12 }, (_, number) => picture(number));
    const squares = await Promise.all(pictures.map((bytes) => threads.square(bytes, 20)));
    squares.forEach((square, number) =>
      expect([...square]).toEqual([...squareImage(decodeImage(pictures[number]), 20)]),
    );
    expect(new Set(squares.map((square) => square.join())).size).toBe(12);
  });

  it('refuses what is no picture, and goes on', async () => {
    const refused = threads.square(new TextEncoder().encode('not a picture'), 20);
    const next = threads.square(picture(3), 20);
    await expect(refused).rejects.toThrow();
    expect((await next).length).toBe(1_200);
    expect(threads.failure).toBeNull();
  });
});
