import { useEffect, useState } from 'react';
import { useLabActions } from './LabContext.ts';
import style from './DropTarget.module.css';
import { useRunFiles } from './top/useRunFiles.ts';

/** Takes files dropped anywhere on the page: a run as JSON, or MNIST as IDX files. */
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
      if (!bringsFiles(event)) return;
      event.preventDefault();
      setHovering(false);
      const files = [...(event.dataTransfer?.files ?? [])];
      const runFile = files.find((file) => file.name.toLowerCase().endsWith('.json'));
      if (runFile) void importRun(runFile);
      else if (files.length > 0) actions.openData(files);
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

  return hovering ? <div className={style.sheet}>Drop MNIST files (IDX or .gz) or an exported run (.json)</div> : null;
}
