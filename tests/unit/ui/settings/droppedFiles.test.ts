import { expect, it } from 'vitest';
import { filesOf, withPathsWhereNeeded } from '../../../../src/ui/settings/DataPicker.tsx';

type Tree = { readonly [name: string]: Tree | string };

/** What a browser hands out for a dropped file or folder: a folder's content comes in parts of at most `part` entries. */
function entryOf(name: string, content: Tree | string, part = 2, parent = ''): FileSystemEntry {
  const fullPath = `${parent}/${name}`;
  const common = { name, fullPath, isFile: typeof content === 'string', isDirectory: typeof content !== 'string' };
  if (typeof content === 'string') {
    return {
      ...common,
      file: (resolve: FileCallback) => resolve(new File([content], name)),
    } as unknown as FileSystemFileEntry;
  }
  const entries = Object.entries(content).map(([inner, below]) => entryOf(inner, below, part, fullPath));
  const createReader = () => {
    let from = 0;
    return { readEntries: (resolve: FileSystemEntriesCallback) => resolve(entries.slice(from, (from += part))) };
  };
  return { ...common, createReader } as unknown as FileSystemDirectoryEntry;
}

async function contents(files: readonly File[]): Promise<Record<string, string>> {
  return Object.fromEntries(await Promise.all(files.map(async (file) => [file.name, await file.text()] as const)));
}

it('finds every file of every folder, however many parts the browser hands them out in', async () => {
  const tree = { 'train.csv': 't', images: { a: '1', b: '2', c: '3', d: '4', e: '5' }, empty: {} };
  const files = await filesOf([entryOf('set', tree), entryOf('alone.gz', 'x')]);
  expect(await contents(files)).toEqual({
    'set/train.csv': 't',
    ...Object.fromEntries(Object.entries(tree.images).map(([name, text]) => [`set/images/${name}`, text])),
    'alone.gz': 'x',
  });
});

it('tells files of one name apart by their paths, and of many leaves other names alone after the first hundred', async () => {
  const tree = { cats: { '1.jpg': 'cat' }, dogs: { '1.jpg': 'dog', '2.jpg': 'other dog' } };
  const files = await filesOf([entryOf('set', tree)]);
  expect(await contents(files)).toEqual({
    'set/cats/1.jpg': 'cat',
    'set/dogs/1.jpg': 'dog',
    'set/dogs/2.jpg': 'other dog',
  });
  const many = [...Array.from({ length: 101 }, (_, index) => `a/${index}`), 'b/7'];
  const names = withPathsWhereNeeded(many.map((path) => ({ path, file: new File([], path.slice(2)) }))).map(
    ({ name }) => name,
  );
  expect(names.slice(-3)).toEqual(['a/99', '100', 'b/7']);
});

it('stops where a drop has far more folders or files than data has', async () => {
  let asked = 0;
  const endless = (name: string): FileSystemEntry =>
    ({
      name,
      fullPath: `/${name}`,
      isDirectory: true,
      createReader: () => {
        let parts = 0;
        return {
          readEntries: (resolve: FileSystemEntriesCallback) =>
            resolve(parts++ === 0 ? [endless(`${name}a`), endless(`${name}b`)] : []),
        };
      },
    }) as unknown as FileSystemEntry;
  await expect(filesOf([endless('disk')])).rejects.toThrow(
    'More than 5,000 folders were chosen, more than data has. Choose the folder itself',
  );
  const file = { name: 'f', fullPath: '/f', isFile: true, isDirectory: false, file: () => asked++ };
  const flat = {
    name: 'flat',
    fullPath: '/flat',
    isDirectory: true,
    createReader: () => ({
      readEntries: (resolve: FileSystemEntriesCallback) =>
        resolve(Array.from({ length: 100 }, () => file) as unknown as FileSystemEntry[]),
    }),
  };
  await expect(filesOf([flat as unknown as FileSystemEntry])).rejects.toThrow('More than 200,000 files were chosen');
  // None of them was opened before.
  expect(asked).toBe(0);
  const chosen = Array<{ path: string; file: File }>(200_001).fill({ path: 'a', file: new File([], 'a') });
  expect(() => withPathsWhereNeeded(chosen)).toThrow('More than 200,000 files were chosen');
});

it('passes an unreadable file on as an error', async () => {
  const broken = {
    name: 'b',
    fullPath: '/b',
    isFile: true,
    isDirectory: false,
    file: (_: unknown, reject: (error: Error) => void) => reject(new Error('gone')),
  };
  await expect(filesOf([broken as unknown as FileSystemFileEntry])).rejects.toThrow('gone');
});

it('keeps type and time of a file that it renames', () => {
  const file = (text: string) => new File([text], 'x', { type: 'image/png', lastModified: 7 });
  const [first, second] = withPathsWhereNeeded([
    { path: 'a/x', file: file('1') },
    { path: 'b/x', file: file('2') },
  ]);
  expect([first.name, second.name, first.type, first.lastModified]).toEqual(['a/x', 'b/x', 'image/png', 7]);
});
