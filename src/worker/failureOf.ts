import type { Failure } from '../link/protocol.ts';

/**
 * An error, or anything else that was thrown, as plain data that can cross to the page.
 *
 * @param advice what to do about it, as a sentence that follows the message
 */
export function failureOf(error: unknown, advice = ''): Failure {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const said = message || name;
  return { name, message: advice ? `${/[.!?]$/.test(said) ? said : `${said}.`} ${advice}` : said, stack };
}
