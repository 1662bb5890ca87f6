import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { DataError } from '../../../src/core/dataset.ts';
import { seekableFile } from '../../../src/engine/data/archives.ts';
import { openFiles } from '../../../src/engine/data/openFiles.ts';
import { openDataFiles } from '../../../src/worker/keptDataset.ts';
import { zipOf } from '../cli/smallMiniImagenet.ts';
import { cyclingLabels, idxImages, idxLabels } from '../cli/smallMnist.ts';
import { four, packed } from '../engine/data/chosenFiles.ts';
import { cifar10Files, tarOf } from './cifar10Tar.ts';

const quiet = () => {};
const text = (value: string) => new TextEncoder().encode(value);

async function refusal(files: File[]): Promise<string> {
  const error = await openDataFiles(files, quiet).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(DataError);
  return (error as DataError).message;
}

describe('openDataFiles', () => {
  it('takes four IDX files for MNIST, packed or not', async () => {
    const contents = [idxImages(120), idxLabels(cyclingLabels(120)), idxImages(30), idxLabels(cyclingLabels(30))];
    const files = contents.map((bytes, i) => new File([i % 2 ? new Uint8Array(gzipSync(bytes)) : bytes], `file ${i}`));
    const { name, opened } = await openDataFiles(files, quiet);
    expect([name, opened.kind, opened.dataset.train.count]).toEqual(['mnist', 'whole', 120]);
  });

  it('takes a tar for CIFAR-10, whatever it is called', async () => {
    const packed = await tarOf(cifar10Files(20));
    for (const fileName of ['cifar-10-binary.tar.gz', 'download', 'cifar-10-binary.tar']) {
      const { name, opened } = await openDataFiles([new File([packed], fileName)], quiet);
      expect(name).toBe('cifar10');
      expect(opened.kind).toBe('partial');
      if (opened.kind !== 'partial') return;
      expect(opened.problems[0].text).toBe(
        'data_batch_4.bin has 61,460 bytes; 10,000 images need 30,730,000: 9,980 are missing or cut off.',
      );
      expect([opened.dataset.train.count, opened.dataset.test.count]).toEqual([100, 20]);
    }
  });

  it('takes a zip and a folder for MiniImagenet', async () => {
    expect(await refusal([new File([text('PK damaged')], 'something')])).toContain(
      'something is not a whole zip archive',
    );
    expect(await refusal([new File([text('')], 'mini-imagenet.zip')])).toContain('mini-imagenet.zip is empty');
    expect(await refusal([new File([text('x')], 'a.jpg'), new File([text('x')], 'b.jpg')])).toContain(
      'The selection lacks train.csv: there is no .csv file',
    );
  });

  it('refuses nothing, and files of other kinds', async () => {
    expect(await refusal([])).toContain('The selection holds no files');
    expect(await refusal([new File([text('%PDF-1.4')], 'paper.pdf')])).toBe(
      "paper.pdf is a PDF document, which is not read. Choose MNIST's four IDX files, CIFAR-10's cifar-10-binary.tar.gz or its .bin files, or a folder or zip of MiniImagenet.",
    );
    expect(await refusal([new File([new Uint8Array(gzipSync(text('hello')))], 'hello.gz')])).toContain('hello.gz');
    expect(await refusal([new File([text('hello')], 'data.tar.gz')])).toContain(
      'data.tar.gz is not a whole tar archive',
    );
  });
});

it.each([
  ['a zip', () => new Map([['mnist.zip', zipOf(four())]])],
  ['IDX files', () => four('', '.gz', packed)],
  ['an archive', async () => new Map([['cifar-10-binary.tar.gz', await tarOf(cifar10Files(20))]])],
  ['batches', () => new Map(cifar10Files(20))],
])('%s that cannot be read on at some moment are said to be so, and never to be damaged', async (_, make) => {
  const files = [...(await make())];
  const opened = async (reads: number) => {
    let left = reads;
    const chosen = files.map(([path, bytes]) =>
      seekableFile(path, bytes.length, (from, count) =>
        left-- > 0
          ? Promise.resolve(new Uint8Array(bytes.subarray(from, from + count)))
          : Promise.reject(new DOMException('It is gone.', 'NotReadableError')),
      ),
    );
    const tools = { square: () => Promise.reject(new Error('no picture')), onProgress: () => {}, imagesPerBatch: 20 };
    return openFiles('The selection', chosen, tools).then(
      ({ opened: { kind } }) => kind,
      (error: unknown) => error,
    );
  };
  const whole = await opened(Number.POSITIVE_INFINITY);
  let reads = 0;
  for (let result; (result = await opened(reads)) !== whole; reads++) {
    expect(result, `after ${reads} reads`).toBeInstanceOf(DataError);
    expect((result as DataError).message, `after ${reads} reads`).toMatch(/ cannot be read \(It is gone\.?\)\. /);
  }
  expect(reads).toBeGreaterThan(2);
});
