import { writeSync } from 'node:fs';
import { constants } from 'node:os';

/** The shell's exit code of a command that Ctrl-C ended; the same for a request to end. */
const interrupted = 128 + constants.signals.SIGINT;

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Ends the process with exit code 130 and one line when somebody stops it. Results are saved run by run, so nothing is
 * left to do.
 *
 * @param words what is kept and how to go on, asked for at that moment
 * @returns takes it back
 */
export function onInterruption(words: () => string): () => void {
  const stop = () => {
    try {
      // Standard error may be a pipe, of which the process would not wait for the end.
      writeSync(process.stderr.fd, `${process.stderr.isTTY ? '\r\x1b[K' : ''}${words()}\n`);
    } catch {
      // Whoever has closed the terminal does not read.
    }
    process.exit(interrupted);
  };
  for (const signal of signals) process.on(signal, stop);
  return () => {
    for (const signal of signals) process.off(signal, stop);
  };
}

/** What a sweep has kept. */
interface Kept {
  readonly kept: number;
  readonly all: number;
  /** "seeds" or "runs". */
  readonly what: string;
  readonly json: string | null;
  readonly csv?: string | null;
}

/** "Stopped. 5 of 8 seeds are kept in f.json; the same command goes on from there." */
export function keptWords({ kept, all, what, json, csv = null }: Kept): string {
  if (json !== null)
    return `Stopped. ${kept} of ${all} ${what} ${kept === 1 ? 'is' : 'are'} kept in ${json}; the same command goes on from there.`;
  const curves = csv === null ? '' : ` but the curves of ${kept} in ${csv}`;
  return `Stopped. Of ${all} ${what} none is kept${curves}; with --json FILE each would be as it ends, and the same command would go on from there.`;
}
