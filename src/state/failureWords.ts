import { errorName, storageFault } from '../link/browserStore.ts';
import type { Failure } from '../link/protocol.ts';
import { language, say } from '../texts/say.ts';

/** What an error is about, by its name. Those of the page's own side are said in its language already. */
const kinds: Readonly<Partial<Record<string, 'data' | 'card' | 'learn' | 'checkpoint' | 'said'>>> = {
  DataError: 'data',
  GraphicsFailure: 'card',
  CannotLearn: 'learn',
  CheckpointError: 'checkpoint',
  WorkerError: 'said',
  WorkerLost: 'said',
};

/**
 * What engine and workers say, which is English: as it is on an English page, else behind a sentence in the page's
 * language that says what it is about.
 */
export function workerWords(
  detail: string,
  kind: 'data' | 'card' | 'learn' | 'checkpoint' | 'file' | 'notice' | 'other',
): string {
  return language() === 'en' ? detail : say('failures.inEnglish', { kind, detail });
}

/** What went wrong, in the page's language; details of the engine after it, in English. */
export function failureWords({ name, message }: Pick<Failure, 'name' | 'message'>): string {
  const kind = kinds[name] ?? 'other';
  return kind === 'said' ? message : workerWords(message, kind);
}

/** Why the browser did not keep something, as a part of a sentence. */
export function storageWords(error: unknown): string {
  const fault = storageFault(error);
  return fault === 'forbidden'
    ? say('failures.storage.forbidden', { name: errorName(error) })
    : say(`failures.storage.${fault}`);
}
