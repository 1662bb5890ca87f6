import { isGzip } from '../engine/data/checkFile.ts';
import { cifar10BatchImages } from '../engine/data/cifar10.ts';
import { openCifar10Files } from '../engine/data/cifar10Archive.ts';
import type { OpenedDataset } from '../engine/data/openedDataset.ts';
import { readTar } from '../engine/data/tar.ts';
import type { LoadProgress } from './protocol.ts';
import { streamPieces } from './streamPieces.ts';

/** The file's bytes, unpacked if they are gzip; `onBytes` is told how many of the file have been read. */
async function unpacked(file: File, onBytes: (read: number) => void): Promise<ReadableStream<Uint8Array>> {
  let read = 0;
  const counted = new TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>>({
    transform(piece, controller) {
      read += piece.length;
      onBytes(read);
      controller.enqueue(piece);
    },
  });
  const packed = isGzip(new Uint8Array(await file.slice(0, 2).arrayBuffer()));
  const bytes = file.stream().pipeThrough(counted);
  return packed ? bytes.pipeThrough(new DecompressionStream('gzip')) : bytes;
}

/**
 * Opens CIFAR-10 from the viewer's own copy of `cifar-10-binary.tar.gz`, packed or not. It is unpacked as it is
 * read: besides the images, no more than a few pieces of it are held.
 *
 * @param onProgress told how many bytes of the file have been read
 * @throws DataError if it is another archive, or too little of it is whole
 */
export async function openCifar10Archive(
  file: File,
  onProgress: (progress: LoadProgress) => void,
  imagesPerBatch: number = cifar10BatchImages,
): Promise<OpenedDataset> {
  const archive = { name: file.name, remedy: 'Choose cifar-10-binary.tar.gz, about 170 MB, from the CIFAR-10 home page.' };
  const tar = await unpacked(file, (loaded) => onProgress({ what: file.name, loaded, total: file.size }));
  return openCifar10Files(archive, readTar(streamPieces(tar)), imagesPerBatch);
}
