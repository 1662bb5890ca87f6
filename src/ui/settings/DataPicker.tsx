import { Files, FolderOpen } from 'lucide-react';
import { type ChangeEvent, useEffect, useRef, useState } from 'react';
import { mostLookedThrough as most } from '../../core/scenarios.ts';
import { number } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLabActions, useLab, useRunFiles } from '../parts/contexts.ts';
import style from './DataPicker.module.css';
import { Dialog } from '../parts/Dialog.tsx';
import { Said } from '../parts/Said.tsx';
import dropTargetStyle from './DropTarget.module.css';
import dialogStyle from './PartialDataDialog.module.css';

function isFolder(entry: FileSystemEntry): entry is FileSystemDirectoryEntry {
  return entry.isDirectory;
}

/** Thrown where more was chosen than data has; says so as a sentence for the page. */
class TooMany extends Error {}

/** Counts what is found, and throws once there is more than data has. */
class Count {
  #files = 0;
  #folders = 0;

  /** @throws TooMany */
  add(of: 'files' | 'folders', count = 1): void {
    const found = of === 'files' ? (this.#files += count) : (this.#folders += count);
    if (found > most[of]) throw new TooMany(say('data.tooMany', { of, most: number(most[of]) }));
  }
}

/** Everything in a folder; the browser hands it out in parts, until an empty one. */
async function entriesOf(folder: FileSystemDirectoryEntry, count: Count): Promise<FileSystemEntry[]> {
  count.add('folders');
  const reader = folder.createReader();
  const all: FileSystemEntry[] = [];
  for (;;) {
    const part = await new Promise<FileSystemEntry[]>((resolve, reject) => reader.readEntries(resolve, reject));
    if (part.length === 0) return all;
    count.add('files', part.filter(({ isFile }) => isFile).length);
    all.push(...part);
  }
}

interface Found {
  /** Below the drop, without a leading slash. */
  readonly path: string;
  readonly file: File;
}

async function filesBelow(entry: FileSystemEntry, count: Count): Promise<Found[]> {
  if (isFolder(entry)) {
    const inside = await entriesOf(entry, count);
    return (await Promise.all(inside.map((each) => filesBelow(each, count)))).flat();
  }
  const file = await new Promise<File>((resolve, reject) => (entry as FileSystemFileEntry).file(resolve, reject));
  return [{ path: entry.fullPath.replace(/^\//, ''), file }];
}

/**
 * The files of some entries, those in folders included; see {@link withPathsWhereNeeded}.
 *
 * @throws DOMException if the browser cannot read one of them; TooMany
 */
export async function filesOf(entries: readonly FileSystemEntry[]): Promise<File[]> {
  const count = new Count();
  const found = (await Promise.all(entries.map((entry) => filesBelow(entry, count)))).flat();
  return withPathsWhereNeeded(found);
}

/** Files that are always given their paths: enough for all of a small dataset, and to know a large one by its folders. */
const fewFiles = 100;

/**
 * Files of which the first few, and those with ambiguous names, are given their path as name.
 *
 * @throws TooMany
 */
export function withPathsWhereNeeded(found: readonly Found[]): File[] {
  new Count().add('files', found.length);
  const counts = new Map<string, number>();
  for (const { file } of found) counts.set(file.name, (counts.get(file.name) ?? 0) + 1);
  return found.map(({ path, file }, index) =>
    path === file.name || (index >= fewFiles && counts.get(file.name) === 1)
      ? file
      : new File([file], path, { type: file.type, lastModified: file.lastModified }),
  );
}

/** What a drop brings: its entries must be taken while the drop is handled, the files in them can come later. */
function droppedEntries({ items }: Pick<DataTransfer, 'items'>): FileSystemEntry[] {
  return [...items].flatMap((item) => (item.kind === 'file' ? (item.webkitGetAsEntry() ?? []) : []));
}

/** Opens the viewer's own data, as files or as a folder. */
export function DataPicker({
  archive = false,
  onOpen,
}: {
  /** Whether the data is one archive, so that nobody looks for a folder. */
  readonly archive?: boolean;
  readonly onOpen?: () => void;
}) {
  const actions = useLabActions();
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  useEffect(() => {
    // Not among the attributes that React knows.
    if (folder.current) folder.current.webkitdirectory = true;
  }, []);

  function open(event: ChangeEvent<HTMLInputElement>): void {
    const chosen = [...(event.target.files ?? [])];
    event.target.value = '';
    if (chosen.length === 0) return;
    onOpen?.();
    try {
      // A worker sees no paths of files, only their names.
      actions.openData(
        withPathsWhereNeeded(chosen.map((file) => ({ path: file.webkitRelativePath || file.name, file }))),
      );
    } catch (error) {
      if (!(error instanceof TooMany)) throw error;
      actions.notify('error', error.message);
    }
  }

  return (
    <span className={style.buttons}>
      <Button icon={<Files />} onClick={() => files.current?.click()}>
        {say('data.openFiles')}
      </Button>
      {!archive && (
        <Button icon={<FolderOpen />} onClick={() => folder.current?.click()}>
          {say('data.openFolder')}
        </Button>
      )}
      <input ref={files} type="file" multiple hidden aria-label={say('data.files')} onChange={open} />
      <input ref={folder} type="file" hidden aria-label={say('data.folder')} onChange={open} />
    </span>
  );
}

/** Asks whether to use what is whole of the viewer's own data, where not all of it is. */
export function PartialDataDialog() {
  const partial = useLab((state) => state.partialData);
  const actions = useLabActions();
  if (partial === null) return null;
  const leave = () => actions.usePartialData(false);
  return (
    <Dialog title={say('data.partial.title')} onClose={leave}>
      <div className={dialogStyle.text}>
        <p>
          <Said text="data.partial.whole" values={{ description: partial.description }} />
        </p>
        <ul className={dialogStyle.problems} aria-label={say('data.partial.problems')}>
          {partial.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
        <p>{say('data.partial.incomparable')}</p>
        <div className={dialogStyle.choice}>
          <Button onClick={leave}>{say('data.partial.leave')}</Button>
          <Button tone="primary" onClick={() => actions.usePartialData(true)}>
            {say('data.partial.use')}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}

/** Takes what is dropped anywhere on the page: a run as JSON, or the viewer's own data as files or as a folder. */
export function DropTarget() {
  const actions = useLabActions();
  const { importRun } = useRunFiles();
  const [hovering, setHovering] = useState(false);

  useEffect(() => {
    const bringsFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') ?? false;
    function onDragOver(event: DragEvent): void {
      if (!bringsFiles(event)) return;
      event.preventDefault();
      setHovering(true);
    }
    function onDragLeave(event: DragEvent): void {
      if (event.relatedTarget === null) setHovering(false);
    }
    function onDrop(event: DragEvent): void {
      if (!bringsFiles(event) || event.dataTransfer === null) return;
      event.preventDefault();
      setHovering(false);
      void take([...event.dataTransfer.files], droppedEntries(event.dataTransfer));
    }
    async function take(files: readonly File[], entries: readonly FileSystemEntry[]): Promise<void> {
      const runFile = files.find((file) => file.name.toLowerCase().endsWith('.json'));
      if (runFile) return importRun(runFile);
      try {
        const found = entries.length > 0 ? await filesOf(entries) : files;
        actions.openData(found);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        actions.notify('error', error instanceof TooMany ? reason : say('data.dropUnreadable', { reason }));
      }
    }
    addEventListener('dragover', onDragOver);
    addEventListener('dragleave', onDragLeave);
    addEventListener('drop', onDrop);
    return () => {
      removeEventListener('dragover', onDragOver);
      removeEventListener('dragleave', onDragLeave);
      removeEventListener('drop', onDrop);
    };
  });

  if (!hovering) return null;
  return (
    <div className={dropTargetStyle.sheet}>
      <p>
        {say('data.drop')}
        <small>{say('data.droppable')}</small>
      </p>
    </div>
  );
}
