import { isDeepStrictEqual } from 'node:util';
import { expect } from 'vitest';

/**
 * Asks for what `toEqual` asks for, and is many times quicker where it holds: Node compares large typed arrays by their
 * bytes, `toEqual` number by number.
 */
export function expectSame(actual: unknown, expected: unknown, message?: string): void {
  if (!isDeepStrictEqual(actual, expected)) expect(actual, message).toEqual(expected);
}
