import { encode } from 'fast-png';
import { packTar } from 'modern-tar';
import { createHash } from 'node:crypto';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

export const smallBatch = 40;

/** Pixel p of image i of batch b. */
export const pixelOf = (batch: number, image: number, pixel: number) => (batch * 40 + image * 3 + pixel) & 255;

const batchNames = ['data_batch_1', 'data_batch_2', 'data_batch_3', 'data_batch_4', 'data_batch_5', 'test_batch'];

/** A batch's picture: one image a row. */
export function batchPicture(batch: number, images: number, width = 1_024): Uint8Array {
  const data = Uint8Array.from({ length: images * width * 3 }, (_, i) =>
    pixelOf(batch, Math.floor(i / (width * 3)), i % (width * 3)),
  );
  return encode({ width, height: images, data, channels: 3, depth: 8 });
}

/** The files of the npm package, with fewer images. */
export function smallCifar10Files(): Map<string, Uint8Array> {
  const labels = (count: number) =>
    new TextEncoder().encode(JSON.stringify(Array.from({ length: count }, (_, i) => i % 10)));
  return new Map([
    ['README.md', new TextEncoder().encode('# cifar')],
    ...batchNames.map((name, batch): [string, Uint8Array] => [`${name}.png`, batchPicture(batch, smallBatch)]),
    ['train_lables.json', labels(5 * smallBatch)],
    ['test_lables.json', labels(smallBatch)],
  ]);
}

/** Writes an archive as `npm pack` does. */
export async function writeArchive(files: ReadonlyMap<string, Uint8Array>) {
  const folder = await mkdtemp(join(tmpdir(), 'small-cifar10-'));
  const tar = await packTar(
    [...files].map(([name, data]) => ({ header: { name: `package/${name}`, size: data.length }, body: data })),
  );
  const bytes = gzipSync(tar);
  const path = join(folder, 'small-cifar10-1.0.0.tgz');
  await writeFile(path, bytes);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { folder, archive: { path, name: 'small-cifar10@1.0.0', sha256, imagesPerBatch: smallBatch } };
}
