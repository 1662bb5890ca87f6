import { errorName, storageFault } from '../link/browserStore.ts';
import { type DataFault, datasetName } from '../core/dataset.ts';
import type { LaneStop } from '../core/events.ts';
import type { DataAmount, Facts, Failure, WorkerNotice } from '../link/protocol.ts';
import { number, plain } from '../texts/numbers.ts';
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
  kind: 'data' | 'card' | 'learn' | 'checkpoint' | 'file' | 'notice' | 'stopped' | 'other',
): string {
  return language() === 'en' ? detail : say('failures.inEnglish', { kind, detail });
}

/** What went wrong, in the page's language; details of the engine after it, in English, where no facts tell all. */
export function failureWords({ name, message, facts }: Pick<Failure, 'name' | 'message' | 'facts'>): string {
  const kind = kinds[name] ?? 'other';
  return kind === 'said' ? message : withFacts(message, kind, facts);
}

/** What a worker reports, in the page's language. */
export function noticeWords({ text, facts }: Pick<WorkerNotice, 'text' | 'facts'>): string {
  return withFacts(text, 'notice', facts);
}

function withFacts(detail: string, kind: Parameters<typeof workerWords>[1], facts: Facts | undefined): string {
  return facts === undefined || language() === 'en' ? workerWords(detail, kind) : factWords(facts);
}

function dataWords(file: string, fault: DataFault): string {
  switch (fault.kind) {
    case 'notRead': {
      // A name in a message has no hyphen.
      const wants = fault.wants.replace('-', '');
      return say('facts.data.notRead', { file, as: fault.as, wants, found: fault.found ?? '' });
    }
    case 'few':
      return say('facts.data.few', { file, found: number(fault.found), needed: number(fault.needed), of: fault.of });
    case 'files':
      return say('facts.data.files', { file, found: fault.found, needed: fault.needed });
    default: {
      const written = (value: number | string) => (typeof value === 'number' ? number(value) : value || 'none');
      const [found, needed] = 'found' in fault ? [fault.found, fault.needed].map(written) : ['', ''];
      return say(`facts.data.${fault.kind}`, { file, found, needed });
    }
  }
}

function factWords(facts: Facts): string {
  switch (facts.kind) {
    case 'data':
      return dataWords(facts.file, facts.fault);
    case 'waits':
      return say('facts.waits', { reason: dataWords(facts.file, facts.fault) });
    case 'card':
      return say('facts.card', { trouble: facts.trouble ?? 'other' });
    case 'checkpoint':
      return say('facts.checkpoint', { fault: facts.fault });
    case 'recovered': {
      const { trouble, step, from, on } = facts;
      const reason = say('facts.card', { trouble: trouble ?? 'other' });
      const place = { task: from?.task ?? 0, at: from?.step ?? 0 };
      return say('facts.recovered', { reason, step, how: from === null ? `${on}Anew` : on, ...place });
    }
    case 'notKept':
      return say('facts.notKept', { fault: facts.fault, anew: facts.anew });
    default:
      return facts satisfies never;
  }
}

/**
 * Why a lane has stopped, in the page's language.
 *
 * @param sentence the engine's, in English
 * @param stop unknown of a run from storage or a file
 */
export function stopWords(sentence: string, stop: LaneStop | undefined): string {
  if (language() === 'en') return sentence;
  if (stop === undefined) return workerWords(sentence, 'stopped');
  const { what, step, setting, value, smaller } = stop;
  return say('facts.stopped', { what, step, setting, value: plain(value), smaller: plain(smaller) });
}

/** "MNIST: 60,000 training and 10,000 test images". */
export function amountWords({ name, training, test }: DataAmount): string {
  return say('data.amountOf', { name: datasetName({ name }), training, test });
}

/** Why the browser did not keep something, as a part of a sentence. */
export function storageWords(error: unknown): string {
  const fault = storageFault(error);
  return fault === 'forbidden'
    ? say('failures.storage.forbidden', { name: errorName(error) })
    : say(`failures.storage.${fault}`);
}
