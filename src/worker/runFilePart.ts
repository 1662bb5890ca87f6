import { type CheckedRunFile, checkRunFileText, tooLarge } from '../core/runFile.ts';

const post = (checked: CheckedRunFile) => self.postMessage(checked);

async function check(file: File): Promise<CheckedRunFile> {
  const large = tooLarge(file.size);
  if (large !== null) return { kind: 'refused', problems: [large] };
  return checkRunFileText(await file.text());
}

/** Reads run files, so that the page can go on meanwhile, and can give one up. */
export function begin(): (file: File) => void {
  return (file) =>
    void check(file).then(post, (error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      post({ kind: 'refused', problems: [`The file could not be read (${reason}).`] });
    });
}
