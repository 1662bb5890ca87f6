import { describe, expect, it } from 'vitest';
import { idxImages, idxLabels } from '../cli/smallMnist.ts';
import { type Content, contents, four, inZip, opened, packed, refusal, text } from '../engine/data/chosenFiles.ts';
import { binaryBatch, cifar10Batches, cifar10Files } from './cifar10Tar.ts';

describe('MNIST', () => {
  it.each([
    [
      'in a folder with what systems and readers leave there',
      [
        ...four('mnist/'),
        ['mnist/.DS_Store', text('Bud1')],
        ['mnist/Thumbs.db', text('x')],
        ['mnist/README.md', text('# MNIST')],
        ['mnist/notes.txt', text('mine')],
      ],
    ],
    ['under names with a dot', [...four()].map(([name, bytes]) => [name.replace('-idx', '.idx'), bytes])],
    ['packed and unpacked side by side', [...four('MNIST/raw/'), ...four('MNIST/raw/', '.gz', packed)]],
    ['downloaded twice', [...four(), ...four('', ' (1)')]],
    ['packed twice, as by a server that packs what is packed', [...four('', '.gz', (bytes) => packed(packed(bytes)))]],
    ['in a zip', inZip('mnist.zip', four())],
    [
      'in a zip with a program before it',
      inZip('mnist.zip', four()).map(([name, zip]) => [name, Buffer.concat([text('#!/bin/sh\nexit 1\n'), zip])]),
    ],
    ['in a zip that an old program for Windows made', inZip('mnist.zip', four('mnist\\raw\\'))],
    ['in a zip of packed files in a folder', inZip('archive.zip', four('MNIST/', '.gz', packed))],
    [
      'in a zip that a Mac made',
      inZip(
        'mnist.zip',
        new Map([
          ...four('mnist/'),
          ...[...four('__MACOSX/mnist/._').keys()].map((name) => [name, text('Mac')] as const),
        ]),
      ),
    ],
  ] as [string, [string, Uint8Array][]][])('%s opens', async (_, entries) => {
    const { name, kind, dataset } = await opened(entries);
    expect([name, kind, dataset.name]).toEqual(['mnist', 'whole', 'MNIST from your files']);
    expect([dataset.train.count, dataset.test.count]).toEqual([120, 30]);
    expect(Buffer.compare(dataset.train.pixels, contents.trainImages.subarray(16))).toBe(0);
    expect(Buffer.compare(dataset.test.labels, contents.testLabels.subarray(8))).toBe(0);
  });
});

describe('what is like MNIST says what it is', () => {
  it.each([
    ['a folder', [...four('FashionMNIST/raw/', '.gz', packed)]],
    ['a zip', inZip('fashion-mnist.zip', four())],
  ] as [string, [string, Uint8Array][]][])('Fashion-MNIST, by the name of %s', async (_, entries) => {
    const { dataset } = await opened(entries);
    expect(dataset.name).toBe('Fashion-MNIST from your files');
    expect(dataset.classNames.slice(0, 2)).toEqual(['T-shirt/top', 'Trouser']);
  });

  it.each([
    ['Fashion-MNIST', [9, 0, 0, 3, 0], 'Ankle boot'],
    ['KMNIST', [8, 7, 0, 1, 4], 'を wo'],
    ['A dataset like MNIST', [1, 2, 3, 4, 5], 'class 9'],
  ])('%s, by the labels of its complete files under MNIST’s names', async (family, first, lastClass) => {
    const left = Array.from({ length: 10 }, (_, label) => 1_000 - first.filter((each) => each === label).length);
    const labels = [...first, ...left.flatMap((count, label) => Array<number>(count).fill(label))];
    const entries = four();
    entries.set('train-labels-idx1-ubyte', idxLabels(labels));
    entries.set(
      'train-images-idx3-ubyte',
      idxImages(10_000, 28, 28, (image) => image),
    );
    const { dataset } = await opened(entries);
    expect([dataset.name, dataset.classNames[9]]).toEqual([`${family} from your files`, lastClass]);
  });

  it('KMNIST by its folder; EMNIST’s digits set upright, found among its other sets', async () => {
    expect((await opened(four('kmnist/'))).dataset.name).toBe('KMNIST from your files');
    const set = (name: string, bytes: ReadonlyMap<string, Content>) =>
      [...bytes].map(([path, content]): [string, Content] => [
        `gzip/emnist-${name}-${path.replace('t10k', 'test')}.gz`,
        packed(content),
      ]);
    const { dataset } = await opened(inZip('gzip.zip', new Map([...set('letters', four()), ...set('digits', four())])));
    expect([dataset.name, dataset.classNames[3]]).toEqual(['EMNIST digits from your files', 'EMNIST 3']);
    const at = (x: number, y: number) => dataset.train.pixels[784 + y * 28 + x];
    // Pixel p of image 1 in the file is 31 + 7p; upright, x and y have changed places.
    expect([at(3, 5), at(20, 1)]).toEqual([31 + 7 * (3 * 28 + 5), 31 + 7 * (20 * 28 + 1)].map((value) => value % 256));
    expect(await refusal(set('letters', four()))).toMatch(
      /^gzip\/emnist-letters-test-images-idx3-ubyte\.gz belongs to EMNIST letters, which has 26 classes; Split MNIST and Permuted MNIST have 10\. Choose the four files of EMNIST digits/,
    );
  });

  it('two datasets at once are told apart', async () => {
    expect(await refusal([...four('data/MNIST/'), ...four('data/FashionMNIST/')])).toBe(
      'data holds files of Fashion-MNIST and MNIST; one dataset is needed. Choose the four files of one of them.',
    );
  });
});

describe('CIFAR-10', () => {
  const batches = cifar10Batches.map((name, index): [string, Uint8Array] => [`${name}.bin`, binaryBatch(index, 20)]);

  it.each([
    ['as the unpacked folder', [...cifar10Files(20)]],
    ['as six files', batches],
    ['as files downloaded twice', batches.map(([name, bytes]) => [name.replace('.bin', ' (1).bin'), bytes])],
    ['in a zip', inZip('cifar.zip', cifar10Files(20))],
  ] as [string, [string, Uint8Array][]][])('%s opens', async (_, entries) => {
    const { name, dataset } = await opened(entries);
    expect([name, dataset.train.count, dataset.test.count]).toEqual(['cifar10', 100, 20]);
    // Image 7 of batch 2: red is the batch, green the image, blue their sum.
    expect([...dataset.train.pixels.subarray((40 + 7) * 3_072, (40 + 7) * 3_072 + 3)]).toEqual([2, 7, 9]);
  });

  it('of one batch says what is missing', async () => {
    expect(await refusal(batches.slice(0, 1))).toMatch(
      /^The selection holds data_batch_1\.bin alone; test_batch\.bin is needed too\. Choose CIFAR-10's six \.bin files together/,
    );
  });
});
