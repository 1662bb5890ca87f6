/**
 * A command that cannot be carried out as it was given: bad flag, bad value, unreadable file, missing
 * backend. The message is one sentence that says what was wrong, what was found and what to do; the
 * process ends with exit code 2.
 */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
