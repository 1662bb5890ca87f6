import { packTar } from 'modern-tar';
import { gzipSync } from 'node:zlib';

export const cifar10Batches = [
  'data_batch_1',
  'data_batch_2',
  'data_batch_3',
  'data_batch_4',
  'data_batch_5',
  'test_batch',
];

const classes = 'airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n';

/** One batch of the binary version: image i of batch b has label i mod 10 and red b, green i, blue b + i everywhere. */
export function binaryBatch(batch: number, images: number): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(images * 3_073);
  for (let image = 0; image < images; image++) {
    const at = image * 3_073;
    bytes[at] = image % 10;
    [batch, image, batch + image].forEach((value, plane) =>
      bytes.fill(value, at + 1 + plane * 1_024, at + 1 + (plane + 1) * 1_024),
    );
  }
  return bytes;
}

/** The files of a small archive, in the official one's order. */
export function cifar10Files(images: number): Map<string, Uint8Array> {
  const at = (name: string) => `cifar-10-batches-bin/${name}`;
  const order = [3, 5, 2, 1, 4, 0];
  return new Map([
    [at('batches.meta.txt'), new TextEncoder().encode(classes)],
    [at('readme.html'), new TextEncoder().encode('<meta>')],
    ...order.map((batch): [string, Uint8Array] => [at(`${cifar10Batches[batch]}.bin`), binaryBatch(batch, images)]),
  ]);
}

/** A .tar.gz of some files; a tar where `packed` is false. */
export async function tarOf(
  files: Iterable<readonly [string, Uint8Array]>,
  packed = true,
): Promise<Uint8Array<ArrayBuffer>> {
  const tar = await packTar([...files].map(([name, data]) => ({ header: { name, size: data.length }, body: data })));
  return packed ? new Uint8Array(gzipSync(tar)) : tar;
}
