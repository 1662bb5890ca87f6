import type { ExperimentConfig } from '../../core/config.ts';
import { readInWorker, runFileText } from '../../state/runFile.ts';
import { useLabStore } from './contexts.ts';

/** Has the browser save a file that the page has made. */
export function download(content: Blob, fileName: string): void {
  const url = URL.createObjectURL(content);
  const link = document.createElement('a');
  link.href = url;
  link.download = fileName;
  link.click();
  // The browser reads the address after this turn of the event loop.
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A file name that says what is in it: "mir-lab-split-mnist-er-er-mir-seed0-accuracy.csv". */
export function runFileName(config: ExperimentConfig, content: string, extension: string): string {
  return `mir-lab-${config.scenario}-${config.lanes.join('-')}-seed${config.seed}-${content}.${extension}`;
}

/** Keeps the shown run as a JSON file, and opens such a file again. */
export function useRunFiles(): { readonly exportRun: () => void; readonly importRun: (file: File) => Promise<void> } {
  const store = useLabStore();
  function exportRun(): void {
    const { shown } = store.getState();
    if (shown)
      download(new Blob([runFileText(shown)], { type: 'application/json' }), runFileName(shown.config, 'run', 'json'));
  }
  async function importRun(file: File): Promise<void> {
    await store.getState().actions.importRun(file.name, readInWorker(file));
  }
  return { exportRun, importRun };
}
