import { runFileText } from '../../state/runFile.ts';
import { download } from '../download.ts';
import { useLabStore } from '../LabContext.ts';
import { runFileName } from '../runFileName.ts';

/** Keeps the shown run as a JSON file, and opens such a file again. */
export function useRunFiles(): { readonly exportRun: () => void; readonly importRun: (file: File) => Promise<void> } {
  const store = useLabStore();
  function exportRun(): void {
    const { shown } = store.getState();
    if (shown) download(new Blob([runFileText(shown)], { type: 'application/json' }), runFileName(shown.config, 'run', 'json'));
  }
  async function importRun(file: File): Promise<void> {
    const { actions } = store.getState();
    try {
      actions.importRun(file.name, await file.text());
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      actions.notify('error', `${file.name} could not be read: ${reason}`);
    }
  }
  return { exportRun, importRun };
}
