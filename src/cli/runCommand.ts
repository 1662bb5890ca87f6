import { UsageError } from './usageError.ts';

/** Errors whose message is a sentence for the person at the keyboard; others are bugs and keep their stack. */
const plainErrors: ReadonlySet<string> = new Set([UsageError.name, 'DataError', 'BackendError']);

/**
 * Runs a command and ends the process as the command line promises: exit code 0, 1 where `main` says
 * that a run failed, or 2 and one sentence for bad input.
 *
 * @param main gets the arguments after the command's name and returns the exit code
 */
export async function runCommand(main: (argv: readonly string[]) => Promise<number> | number): Promise<void> {
  try {
    process.exitCode = await main(process.argv.slice(2));
  } catch (error) {
    if (!(error instanceof Error) || !plainErrors.has(error.name)) throw error;
    process.stderr.write(`${error.message}\n`);
    process.exitCode = 2;
  }
}
