import { Files, FolderOpen } from 'lucide-react';
import { useEffect, useRef, type ChangeEvent } from 'react';
import { useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import { withPathsWhereNeeded } from './droppedFiles.ts';
import style from './DataPicker.module.css';

/** Opens the viewer's own data, as files or as a folder. */
export function DataPicker({ onOpen }: { readonly onOpen?: () => void }) {
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
    // A worker sees no paths of files, only their names.
    actions.openData(withPathsWhereNeeded(chosen.map((file) => ({ path: file.webkitRelativePath || file.name, file }))));
  }

  return (
    <span className={style.buttons}>
      <Button icon={<Files />} onClick={() => files.current?.click()}>
        Open files
      </Button>
      <Button icon={<FolderOpen />} onClick={() => folder.current?.click()}>
        Open a folder
      </Button>
      <input ref={files} type="file" multiple hidden aria-label="Data files" onChange={open} />
      <input ref={folder} type="file" hidden aria-label="Data folder" onChange={open} />
    </span>
  );
}
