import type { WriteStream } from 'node:tty';
import { writeSync } from 'node:fs';
import { constants } from 'node:os';
import { UsageError } from './configFlags.ts';
import type { RunProgress } from './runSeed.ts';

/** Progress of a sweep. */
interface SweepProgress {
  /** For people, for example "seed 4 (2 of 10)". */
  readonly what: string;
  readonly doneSteps: number;
  readonly totalSteps: number;
  readonly elapsedSeconds: number;
  /** As of the run in flight; nothing where no run prepares. */
  readonly preparing?: RunProgress['preparing'];
}

/** "1:05" or "2:00:07". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${twoDigits(rest)}` : `${minutes}:${twoDigits(rest)}`;
}

/**
 * One line: what runs, how much is done, what is done between steps, how long it took, and how long the rest will take
 * at this rate.
 */
export function progressLine({ what, doneSteps, totalSteps, elapsedSeconds, preparing = null }: SweepProgress): string {
  const share = Math.floor((100 * doneSteps) / totalSteps);
  const work =
    preparing === null ? '' : ` · autoencoder of ${preparing.method}, ${Math.floor(100 * preparing.share)} %`;
  const left = doneSteps === 0 ? '–' : formatDuration((elapsedSeconds * (totalSteps - doneSteps)) / doneSteps);
  return `${what} · ${share} %${work} · ${formatDuration(elapsedSeconds)} elapsed, ETA ${left}`;
}

/** Times between two updates of the line on a terminal. */
const updateMilliseconds = 250;

/** The target of progress: standard error, or anything like it. */
type ProgressStream = Pick<WriteStream, 'write'> & { readonly isTTY?: boolean };

/**
 * Progress for people: on a terminal one line that updates in place, elsewhere (log files, CI) one line
 * per finished seed.
 */
export class ProgressPrinter {
  readonly #stream: ProgressStream;
  readonly #now: () => number;
  #lastUpdate = -Infinity;

  constructor(stream: ProgressStream, now: () => number) {
    this.#stream = stream;
    this.#now = now;
  }

  /** Called at every step; draws at most four times a second, and not at all if lines cannot be redrawn. */
  update(progress: SweepProgress): void {
    const now = this.#now();
    if (this.#stream.isTTY !== true || now - this.#lastUpdate < updateMilliseconds) return;
    this.#lastUpdate = now;
    this.#stream.write(`\r\x1b[K${progressLine(progress)}`);
  }

  /** A line that stays. */
  line(text: string): void {
    const start = this.#stream.isTTY === true ? '\r\x1b[K' : '';
    this.#stream.write(`${start}${text}\n`);
  }
}

/** Errors whose message is a sentence for the person at the keyboard; others are bugs and keep their stack. */
const plainErrors: ReadonlySet<string> = new Set([
  UsageError.name,
  'DataError',
  'BackendError',
  'FileError',
  'ProvenanceError',
]);

/**
 * Runs a command and ends the process with exit code 0; 1 if `main` says that a run failed; or 2 with one sentence for
 * bad input.
 *
 * @param main gets the arguments after the command's name and returns the exit code
 */
export async function runCommand(main: (argv: readonly string[]) => Promise<number> | number): Promise<void> {
  const output = { fails: false };
  // Whoever watched the progress has gone; the result does not need them.
  process.stderr.on('error', () => {});
  process.stdout.on('error', ({ code }: NodeJS.ErrnoException) => {
    // A reader that has seen enough, such as `head`.
    if (code === 'EPIPE') return;
    output.fails = true;
    process.exitCode = 2;
    process.stderr.write(`Standard output cannot be written (${code ?? 'unknown reason'}); send it elsewhere.\n`);
  });
  try {
    const code = await main(process.argv.slice(2));
    process.exitCode = output.fails ? 2 : code;
  } catch (error) {
    if (!(error instanceof Error) || !plainErrors.has(error.name)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}

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
