import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex } from '@noble/hashes/utils.js';
import { z } from 'zod';
import { DataError, type FileReference, grouped } from '../../core/dataset.ts';

/** A dataset that a script prepares, so that page and command line can read it. */
export interface PreparedData {
  /** For people. */
  readonly title: string;
  /** The npm script that writes it to `public/data/NAME/`. */
  readonly script: string;
  /** What a viewer can do where a site does not hold it: a sentence, or empty. */
  readonly otherwise: string;
}

/** The datasets that scripts prepare, by name; each lies in a folder of the same name. */
export const preparedData = {
  mnist: { title: 'MNIST', script: 'data:mnist', otherwise: '' },
  cifar10: {
    title: 'CIFAR-10',
    script: 'data:cifar10',
    otherwise: 'Or open your own copy of cifar-10-binary.tar.gz.',
  },
} as const satisfies Record<string, PreparedData>;

export type PreparedName = keyof typeof preparedData;

/**
 * Of files that pages have always read; and with the test images in one file for each class, which older pages cannot
 * read.
 */
export const manifestFormats = { whole: 1, testByClass: 2 } as const;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const size = z
  .int()
  .min(1)
  .max(2 ** 30);
const count = z.int().min(1).max(1_000_000);

const fileFields = {
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]*\.bin$/),
  /** Of the file as it is stored: gzip-compressed. */
  bytes: size,
  sha256: hash,
  /** Of its content: a server may unpack it on the way. */
  contentBytes: size,
  contentSha256: hash,
};

const fileSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('labels'), ...fileFields }),
  z.strictObject({ kind: z.literal('test'), images: count, ...fileFields }),
  z.strictObject({ kind: z.literal('train'), images: count, ...fileFields }),
]);

/** One file of a prepared dataset. */
export type ManifestFile = z.infer<typeof fileSchema>;

/** A file that holds images: all test images, or a chunk of the training images. */
export type ImageFile = Extract<ManifestFile, { kind: 'test' | 'train' }>;

const manifestSchema = z.strictObject({
  format: z.literal([manifestFormats.whole, manifestFormats.testByClass]),
  name: z.string().min(1),
  /** The package that it was made from. */
  source: z.string(),
  /** Changes whenever the same source would be cut into other files. */
  recipe: hash,
  imageShape: z.tuple([z.int().min(1).max(1_024), z.int().min(1).max(1_024), z.int().min(1).max(4)]),
  classNames: z.array(z.string()).min(2).max(256),
  counts: z.strictObject({ train: count, test: count }),
  /** One of labels, one of all test images or one for each class, then the chunks of the training images in order. */
  files: z.array(fileSchema).min(3).max(258),
});

/** What a prepared dataset consists of. */
export type Manifest = z.infer<typeof manifestSchema>;

/** The files of one half's images, in order: chunk numbers are positions in this list. */
export function imageFiles(manifest: Manifest, half: ImageFile['kind']): ImageFile[] {
  return manifest.files.filter((file) => file.kind !== 'labels').filter(({ kind }) => kind === half);
}

/** The file of labels. */
export function labelsFile(manifest: Manifest): ManifestFile {
  return manifest.files.find((file) => file.kind === 'labels') as ManifestFile;
}

function imagesOf(manifest: Manifest, kind: ImageFile['kind']): number {
  return manifest.files.reduce((sum, file) => sum + (file.kind === kind ? file.images : 0), 0);
}

/**
 * Reads a manifest.
 *
 * @throws DataError if the text is no manifest, of another format, or does not add up
 */
export function parseManifest(file: FileReference, text: string): Manifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const found = text.trimStart().startsWith('<') ? 'a web page' : `"${text.slice(0, 20)}"`;
    throw new DataError(file, `is not a manifest in JSON: ${found} was found`, { kind: 'site' });
  }
  const format = typeof json === 'object' && json !== null && 'format' in json ? json.format : undefined;
  if (format !== manifestFormats.whole && format !== manifestFormats.testByClass) {
    throw new DataError(
      file,
      `has format ${format === undefined ? 'unknown' : JSON.stringify(format)}; format ${manifestFormats.whole} or ${manifestFormats.testByClass} is needed`,
      { kind: 'site' },
    );
  }
  const parsed = manifestSchema.safeParse(json);
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0];
    throw new DataError(file, `is damaged at "${path.join('.')}": ${message}`, { kind: 'site' });
  }
  const manifest = parsed.data;
  for (const kind of ['labels', 'test'] as const) {
    const found = manifest.files.filter((listed) => listed.kind === kind).length;
    const byClass = kind === 'test' && format === manifestFormats.testByClass;
    const needed = byClass ? manifest.classNames.length : 1;
    if (found !== needed) {
      const words = byClass ? `${needed}, one for each class, are needed` : 'exactly one is needed';
      throw new DataError(file, `lists ${found} files of kind ${kind}; ${words}`, { kind: 'site' });
    }
  }
  for (const kind of ['train', 'test'] as const) {
    if (imagesOf(manifest, kind) !== manifest.counts[kind]) {
      throw new DataError(
        file,
        `lists files with ${grouped(imagesOf(manifest, kind))} ${kind} images; ${grouped(manifest.counts[kind])} are needed`,
        { kind: 'site' },
      );
    }
  }
  return manifest;
}

/** Whether bytes are gzip-compressed (RFC 1952, section 2.3.1). */
export function isGzip(bytes: Uint8Array): boolean {
  return bytes.length >= 2 && bytes[0] === 0x1f && bytes[1] === 0x8b;
}

/** What is used of the platform's own hashing, many times as quick as JavaScript. */
interface Hashing {
  digest(algorithm: 'SHA-256', bytes: Uint8Array): Promise<ArrayBuffer>;
}

/**
 * The SHA-256 of bytes, in hexadecimal, by JavaScript: 0.1 s for 29 MB. What the platform hashes, Chromium holds in memory
 * until it collects garbage.
 */
export function sha256InPlace(bytes: Uint8Array): Promise<string> {
  return Promise.resolve(bytesToHex(sha256(bytes)));
}

/** The same by the platform. Pages that came by plain HTTP have no hashing of the platform. */
async function sha256ByPlatform(bytes: Uint8Array): Promise<string> {
  const { crypto } = globalThis as { readonly crypto?: { readonly subtle?: Hashing } };
  const subtle = crypto?.subtle;
  if (subtle === undefined) return sha256InPlace(bytes);
  return bytesToHex(new Uint8Array(await subtle.digest('SHA-256', bytes)));
}

/**
 * Checks bytes against the manifest: as stored, or unpacked by a server on the way.
 *
 * @throws DataError if the length or the SHA-256 differs
 */
export async function checkFile(
  file: FileReference,
  expected: ManifestFile,
  bytes: Uint8Array,
  sha256Of: (bytes: Uint8Array) => Promise<string> = sha256ByPlatform,
): Promise<void> {
  const packed = isGzip(bytes);
  const length = packed ? expected.bytes : expected.contentBytes;
  if (bytes.length !== length) {
    throw new DataError(
      file,
      `has ${grouped(bytes.length)} bytes; ${grouped(packed ? length : expected.bytes)} are needed`,
      { kind: 'site' },
    );
  }
  const found = await sha256Of(bytes);
  const wanted = packed ? expected.sha256 : expected.contentSha256;
  if (found !== wanted) {
    throw new DataError(
      file,
      `is corrupted: its SHA-256 begins with ${found.slice(0, 8)}, it should begin with ${wanted.slice(0, 8)}`,
      { kind: 'site' },
    );
  }
}
