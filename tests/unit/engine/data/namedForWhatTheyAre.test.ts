import { execFileSync } from 'node:child_process';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readDataset } from '../../../../src/cli/data/readDataset.ts';
import { contents, folderOf, four, inZip, packed, refusal, text } from './chosenFiles.ts';
import { tarOf } from '../../worker/cifar10Tar.ts';

const none: [string, Uint8Array][] = [];
const pngStart = Uint8Array.of(0x89, 0x50, 0x4e, 0x47);

describe('what cannot be read is named for what it is, with the way to convert it, and no other dataset', () => {
  const pickle = Uint8Array.of(0x80, 0x02, 0x7d);
  const header = ['label', ...Array.from({ length: 784 }, (_, index) => `pixel${index}`)].join(',');
  it.each([
    [
      'CIFAR-10 as Python pickles',
      [
        ['cifar-10-batches-py/data_batch_1', pickle],
        ['cifar-10-batches-py/batches.meta', pickle],
      ],
      /^cifar-10-batches-py\/batches\.meta is CIFAR-10 as a Python pickle.*binary version/,
      /MNIST|Imagenet/,
    ],
    [
      'MiniImagenet as pickles',
      [['mini-imagenet-cache-train.pkl', pickle]],
      /^mini-imagenet-cache-train\.pkl is MiniImagenet as a Python pickle.*filename and label/,
      /MNIST|CIFAR/,
    ],
    [
      'MNIST as .npz',
      [['mnist.npz', text('PK')]],
      /^mnist\.npz is MNIST as an archive of NumPy arrays.*IDX/,
      /CIFAR|Imagenet/,
    ],
    [
      'NumPy arrays in a zip',
      inZip('kmnist.zip', new Map([['arr_0.npy', text('\u0093NUMPY')]])),
      /^arr_0\.npy is KMNIST as a NumPy array/,
      /CIFAR|Imagenet/,
    ],
    [
      'a Matlab file',
      [['mnist_all.mat', text('MATLAB 5.0 MAT-file')]],
      /^mnist_all\.mat is MNIST as a Matlab file/,
      /CIFAR|Imagenet/,
    ],
    [
      'CIFAR-100 as a Matlab file',
      [['cifar-100-matlab.mat', text('MATLAB 5.0 MAT-file')]],
      /^cifar-100-matlab\.mat is CIFAR-100 as a Matlab file.*other classes/,
      /MNIST|Imagenet/,
    ],
    [
      'a table of pixels',
      [['mnist_train.csv', text(`${header}\n5,${'0,'.repeat(783)}0\n`)]],
      /^mnist_train\.csv is a table of pixels \(CSV.*IDX/,
      /CIFAR|Imagenet/,
    ],
    [
      'a table of pixels without a head',
      [['train.csv', text(`5,${'0,'.repeat(783)}0\n`)]],
      /^train\.csv is a table of pixels/,
      /CIFAR|Imagenet/,
    ],
    [
      'CIFAR-10 as pictures',
      ['cat', 'dog', 'ship'].map((name) => [`train/${name}/1.png`, pngStart]),
      /^train holds CIFAR-10 as pictures in folders of classes \(cat, dog, ship\).*binary/,
      /MNIST|Imagenet/,
    ],
    [
      'CIFAR-10 as Kaggle has it',
      [
        ['kaggle/trainLabels.csv', text('id,label\n1,frog\n')],
        ['kaggle/train/1.png', pngStart],
      ],
      /^kaggle holds CIFAR-10 as pictures with trainLabels\.csv.*binary/,
      /MNIST|Imagenet/,
    ],
    [
      'CIFAR-100 unpacked',
      ['train.bin', 'test.bin', 'fine_label_names.txt'].map((name) => [`binary/${name}`, text('x')]),
      /^binary is CIFAR-100 \(train\.bin and test\.bin\), which is not read\. CIFAR-100 has other classes/,
      /MNIST|Imagenet/,
    ],
    [
      'digits as pictures',
      ['0', '1'].map((name) => [`digits/${name}/1.png`, pngStart]),
      /^digits holds pictures in folders of classes \(0, 1\), without tables, .*IDX/,
      /MNIST|CIFAR|Imagenet/,
    ],
    [
      'Fashion-MNIST as pictures',
      ['0', '1'].map((name) => [`fashion_mnist/train/${name}/1.png`, pngStart]),
      /^fashion_mnist holds Fashion-MNIST as pictures in folders/,
      /CIFAR|Imagenet/,
    ],
    [
      'pictures of anything in folders of classes',
      ['cats', 'dogs'].map((name) => [`pets/${name}/1.jpg`, pngStart]),
      /^pets holds pictures in folders of classes \(cats, dogs\), without tables, .*train\.csv/,
      /MNIST|CIFAR|Imagenet/,
    ],
    [
      'classes as pictures',
      ['n01532829', 'n01558993'].map((name) => [`images/${name}/1.jpg`, pngStart]),
      /^images holds MiniImagenet as pictures.*train\.csv/,
      /MNIST|CIFAR/,
    ],
    [
      'NumPy arrays whose archive has another name',
      inZip('archive.zip', new Map([['x_train.npy', text('\u0093NUMPY')]])),
      /^x_train\.npy is a NumPy array/,
      /^$/,
    ],
    ['a Parquet table without a name', [['0000', text('PAR1')]], /^0000 is a Parquet table, which is not read/, /^$/],
    ['an Arrow table', [['data-00000.arrow', text('ARROW1')]], /is an Arrow table, which is not read/, /^$/],
    ['a 7z archive', [['mnist.7z', Uint8Array.of(0x37, 0x7a, 0xbc, 0xaf)]], /is MNIST as a 7z archive/, /CIFAR/],
    ['a spreadsheet', [['digits.xlsx', text('PK')]], /^digits\.xlsx is a spreadsheet, which is not read/, /^$/],
    [
      'a packed table of pixels',
      [['fashion.csv.gz', packed(text(`5,${'0,'.repeat(783)}0\n`))]],
      /^fashion\.csv\.gz is a table of pixels/,
      /CIFAR|Imagenet/,
    ],
    ...(
      [
        ['xz', [0xfd, 0x37, 0x7a, 0x58], 'xz -d'],
        ['bzip2', [0x42, 0x5a, 0x68], 'bzip2 -d'],
        ['Zstandard', [0x28, 0xb5, 0x2f, 0xfd], 'zstd -d'],
      ] as const
    ).map(([way, first, command]) => [
      `what is packed with ${way}`,
      [['cifar-10-binary.tar.x', Uint8Array.from(first)]],
      new RegExp(`^cifar-10-binary\\.tar\\.x is packed with ${way}, which is not read\\. Unpack it \\(${command}\\)`),
      /MNIST|Imagenet/,
    ]),
    ...[
      ['cifar-10-binary.tar.gz'],
      ['mnist.zip'],
      [...four('', '.gz').keys()],
      ['folder/data_batch_1.bin', 'folder/test_batch.bin'],
      ['folder/train.csv', 'folder/test.csv', 'folder/a.jpg'],
      ['download'],
    ].flatMap((names) =>
      (
        [
          ['a web page', text('\n<!DOCTYPE html>\n<html lang="en">'), / is a web page, saved in place of the file\. /],
          [
            'a Git LFS pointer',
            text('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 170052171\n'),
            / is a Git LFS pointer, which stands in for the file\. Fetch the file with "git lfs pull"/,
          ],
          ['nothing', text(''), / is empty\. Download or copy it again\.$/],
        ] as const
      ).map(([what, content, right]) => [
        `${what} in place of ${names[0]}`,
        names.map((name) => [name, content]),
        right,
        /MNIST|CIFAR|Imagenet/,
      ]),
    ),
    [
      'two classes of anything in train and test, whose names CIFAR-10 has, too',
      ['train/cat', 'train/dog', 'test/cat', 'test/dog'].map((name) => [`pets/${name}/1.png`, pngStart]),
      /^pets holds pictures in folders of classes \(cat, dog\), without tables, .*train\.csv/,
      /MNIST|CIFAR|Imagenet/,
    ],
    [
      'Tiny ImageNet',
      ['n01440764', 'n01443537'].map((name) => [`tiny-imagenet-200/train/${name}/images/${name}_0.JPEG`, pngStart]),
      /^tiny-imagenet-200 holds pictures in folders of classes \(n01440764, n01443537\), without/,
      /MNIST|CIFAR|MiniImagenet/,
    ],
    [
      'NumPy arrays of another MNIST',
      [['pneumoniamnist.npz', text('PK')]],
      /^pneumoniamnist\.npz is an archive of NumPy arrays \(\.npz\), which is not read\. Choose MNIST's four/,
      /MNIST as/,
    ],
    [
      'a table of another MNIST',
      [['sign_mnist_train.csv', text(`${header}\n5,${'0,'.repeat(783)}0\n`)]],
      /^sign_mnist_train\.csv is a table of pixels/,
      /MNIST as/,
    ],
    [
      'parts of TFRecord files with their description',
      [
        ['mnist/dataset_info.json', text('{"name": "mnist"}')],
        ['mnist/mnist-train.tfrecord-00000-of-00001', text('x')],
      ],
      /^mnist\/mnist-train\.tfrecord-00000-of-00001 is MNIST as a TFRecord file/,
      /CIFAR|Imagenet/,
    ],
    [
      'IDX files of floats',
      [...four('idx/', '.gz')].map(([name, bytes]) => [name, packed(bytes.with(2, name.includes('images') ? 13 : 8))]),
      /^idx\/t10k-images-idx3-ubyte\.gz is an IDX file of floats; only bytes are read\. Write it anew/,
      /CIFAR|Imagenet/,
    ],
    [
      'QMNIST',
      [
        ['qmnist-train-images-idx3-ubyte', contents.trainImages],
        ['qmnist-train-labels-idx2-int', Uint8Array.of(0, 0, 12, 2, 0, 0, 0, 0)],
      ],
      /^qmnist-train-labels-idx2-int is an IDX file of 32-bit numbers; only bytes are read\./,
      /CIFAR|Imagenet/,
    ],
    ...(
      [
        ['cat/1.gif', 'GIF89a', 'a GIF picture, which is not read; JPEG and PNG are'],
        ['scan', 'II*\0', 'a TIFF picture'],
        ['photo.webp', 'RIFF\0\0\0\0WEBPVP8', 'a WebP picture'],
        ['obj1__0.pgm', 'P5\n28 28\n', 'a Netpbm picture'],
        ['train.jsonl', '{"label": 1}\n', 'a JSON file'],
        ['data.db', 'SQLite format 3\0', 'an SQLite database'],
        ['mnist.scale', '5 153:3 154:18 155:18 156:126\n', 'a table of LIBSVM’s kind'],
        ['notes', 'hello\n', 'a text, in which there is no data'],
      ] as const
    ).map(([name, content, what]) => [
      `${name} is ${what}`,
      [[name, text(content)]],
      new RegExp(`${name.replace('cat/', '')} is ${what}.* Choose MNIST's`),
      /of no kind/,
    ]),
    [
      'an HDF5 file',
      [['weights.h5', Uint8Array.of(0x89, 0x48, 0x44, 0x46)]],
      /^weights\.h5 is an HDF5 file, which is not read/,
      /^$/,
    ],
  ] as [string, [string, Uint8Array][], RegExp, RegExp][])('%s', async (_, entries, right, wrong) => {
    const message = await refusal(entries);
    expect(message).toMatch(right);
    expect(message).not.toMatch(wrong);
  });

  it('another dataset than the scenario is made of, before it is read', async () => {
    const folder = await folderOf(four('fashion/'), 'cifar10-');
    await expect(readDataset('cifar10', { data: folder })).rejects.toThrow(
      `${folder} holds MNIST or a dataset like it; this scenario is made of CIFAR-10. Name files of CIFAR-10, or add --scenario split-mnist or permuted-mnist.`,
    );
    expect((await readDataset('mnist', { data: join(folder, 'fashion') })).name).toBe('Fashion-MNIST from your files');
    await expect(readDataset('mnist', { data: join(folder, 'nowhere') })).rejects.toThrow(
      'nowhere does not exist. Name a folder, a zip or an archive with --data.',
    );
    await expect(readDataset('mnist', { data: '/dev/null' })).rejects.toThrow(
      '/dev/null is neither a file nor a folder. Name a folder,',
    );
  });

  it('neither pipes nor linked folders beside the files, which are left out instead of waited for', async () => {
    const folder = await folderOf(four('mnist/'), 'pipes-');
    execFileSync('mkfifo', [join(folder, 'mnist', 'more-idx1-ubyte')]);
    symlinkSync(folder, join(folder, 'mnist', 'again'));
    expect((await readDataset('mnist', { data: join(folder, 'mnist') })).train.count).toBe(120);
  });

  it('files behind links, and links that lead round in circles or nowhere', async () => {
    const real = await folderOf(four('raw/'), 'linked-');
    const folder = await folderOf(new Map([['mnist/readme.txt', text('Links only.')]]), 'links-');
    const mnist = join(folder, 'mnist');
    for (const [target, name] of [
      [join(real, 'raw'), 'data'],
      [join(real, 'raw'), 'once-more'],
      [mnist, 'round'],
      ['/', 'disk'],
      ['self', 'self'],
      ['gone', 'nowhere'],
    ])
      symlinkSync(target, join(mnist, name));
    symlinkSync('..', join(real, 'raw', 'up'));
    symlinkSync(mnist, join(real, 'raw', 'back'));
    expect((await readDataset('mnist', { data: mnist })).train.count).toBe(120);
  });

  it('a folder of far more folders than data has, without going through them', async () => {
    const folder = await folderOf(new Map([['many/train.csv', text('filename,label\n')]]), 'many-');
    for (let index = 0; index < 5_001; index++) mkdirSync(join(folder, 'many', String(index)));
    await expect(readDataset('miniimagenet', { data: folder })).rejects.toThrow(
      /^\S+ holds more than 5,000 folders, which is more than data has \([01] files and 5,001 folders were found before looking stopped\)\. Name the folder itself that MNIST's four IDX files, /,
    );
  });

  it('MNIST in a tar, as torchvision’s folder packed', async () => {
    for (const folder of ['MNIST/raw', 'data']) {
      const tar = await tarOf(new Map([...four(`${folder}/`)]), false);
      expect(await refusal([['raw.tar', tar]])).toBe(
        'raw.tar holds IDX files such as those of MNIST, which are read from a folder or a zip, not from a tar. Unpack it, and choose the four files or the folder that they are in.',
      );
    }
  });

  it('pictures of MNIST, and of notMNIST, in a tar', async () => {
    for (const folder of ['mnist_png', 'notMNIST_small']) {
      const tar = await tarOf(new Map([[`${folder}/training/0/1.png`, pngStart]]), true);
      expect(await refusal([[`${folder}.tar.gz`, tar]])).toBe(
        `${folder}.tar.gz holds ${folder}/training/0/1.png, which is not read from a tar. Unpack it, and choose the folder that comes out.`,
      );
    }
  });

  it('a tar of other things, with no word of the dataset that comes in one, whatever the scenario', async () => {
    const tar = await tarOf(new Map([['digits/0/1.png', pngStart]]), true);
    const words =
      'unnamed.tar.gz holds digits/0/1.png, which is not read from a tar. Unpack it, and choose the folder that comes out.';
    expect(await refusal([['unnamed.tar.gz', tar]])).toBe(words);
    const folder = await folderOf(new Map([['unnamed.tar.gz', tar]]), 'tar-');
    await expect(readDataset('mnist', { data: join(folder, 'unnamed.tar.gz') })).rejects.toThrow(words);
  });

  it('a zip that is encrypted, or the last of several parts', async () => {
    const [[, zip]] = inZip('mnist.zip', four());
    const view = new DataView(zip.buffer, zip.byteOffset, zip.byteLength);
    const marked = (signature: number, at: number, value: number) => {
      for (let from = 0; from + 4 <= zip.length; from++)
        if (view.getUint32(from) === signature) view.setUint16(from + at, value, true);
    };
    marked(0x504b0304, 6, 1);
    marked(0x504b0102, 8, 1);
    const words = 'mnist.zip is encrypted. Unpack it with its password, and choose the folder that comes out.';
    expect(await refusal([['mnist.zip', zip]])).toBe(words);
    marked(0x504b0304, 6, 0);
    marked(0x504b0102, 8, 0x41);
    expect(await refusal([['mnist.zip', zip]])).toBe(words);
    marked(0x504b0102, 8, 0);
    marked(0x504b0506, 4, 2);
    expect(await refusal([['mnist.zip', zip]])).toMatch(/^mnist\.zip is the last part of a zip in several parts\. Put/);
  });

  it('nothing but litter', async () => {
    expect(
      await refusal([
        ['.DS_Store', text('x')],
        ['README', text('x')],
      ]),
    ).toMatch(/^The selection holds no data, only \.DS_Store, README\./);
    expect(await refusal(none)).toMatch(/^The selection holds no files\./);
  });
});
