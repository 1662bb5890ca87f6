import { expect, it } from 'vitest';
import { failureOf } from '../../../src/worker/recovery.ts';

it('keeps name, message and stack of an error, as plain data', () => {
  const error = new RangeError('Too many.');
  expect(failureOf(error)).toEqual({ name: 'RangeError', message: 'Too many.', stack: error.stack });
  expect(structuredClone(failureOf(error))).toEqual(failureOf(error));
});

it('has a message whatever was thrown', () => {
  expect(failureOf('out of memory').message).toBe('out of memory');
  expect(failureOf(undefined).message).toBe('undefined');
  expect(failureOf(new TypeError('')).message).toBe('TypeError');
});

it('adds advice as a sentence of its own', () => {
  expect(failureOf(new Error('Device lost'), 'Start again.').message).toBe('Device lost. Start again.');
  expect(failureOf(new Error('Device lost!'), 'Start again.').message).toBe('Device lost! Start again.');
});
