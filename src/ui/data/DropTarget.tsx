import { useEffect, useState } from 'react';
import { Button } from '../parts/Button.tsx';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { useRunFiles } from '../parts/runFiles.ts';
import { droppedEntries, filesOf } from './DataPicker.tsx';
import style from './DropTarget.module.css';
import dialogStyle from './PartialDataDialog.module.css';

/** Asks whether to use what is whole of the viewer's own data, where not all of it is. */
export function PartialDataDialog() {
  const partial = useLab((state) => state.partialData);
  const actions = useLabActions();
  if (partial === null) return null;
  const leave = () => actions.usePartialData(false);
  return (
    <Dialog title="Not all of this data is as it should be" onClose={leave}>
      <div className={dialogStyle.text}>
        <p>
          What is whole: <strong>{partial.description}</strong>.
        </p>
        <ul className={dialogStyle.problems} aria-label="Problems">
          {partial.problems.map((problem) => (
            <li key={problem}>{problem}</li>
          ))}
        </ul>
        <p>Results on part of the data cannot be compared with the paper’s.</p>
        <div className={dialogStyle.choice}>
          <Button onClick={leave}>Leave it</Button>
          <Button tone="primary" onClick={() => actions.usePartialData(true)}>
            Use what is whole
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
        actions.notify('error', `What was dropped could not be read (${reason}). Open it under Settings instead.`);
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
    <div className={style.sheet}>
      <p>
        Drop data or a run here
        <small>
          MNIST’s IDX files · cifar-10-binary.tar.gz · a folder or zip of MiniImagenet · an exported run (.json)
        </small>
      </p>
    </div>
  );
}
