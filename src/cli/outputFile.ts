import { closeSync, existsSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { UsageError } from './usageError.ts';

function refusal(flag: string, path: string, error: unknown): UsageError {
  const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
  return new UsageError(`--${flag} is "${path}", which cannot be written (${reason}); name a file in a folder that exists and that you may write to.`);
}

/**
 * Checks that a file can be written before hours of training are spent on what goes into it.
 *
 * @throws UsageError that names flag, file and the reason
 */
export function checkWritable(flag: string, path: string): void {
  const existed = existsSync(path);
  try {
    closeSync(openSync(path, 'a'));
    if (!existed) rmSync(path);
  } catch (error) {
    throw refusal(flag, path, error);
  }
}

/**
 * Writes a result.
 *
 * @throws UsageError that names flag, file and the reason
 */
export function writeOutput(flag: string, path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw refusal(flag, path, error);
  }
}
