import { expect, it } from 'vitest';
import { preparingWords } from '../../../../src/ui/experiments/sweepWords.ts';

it('says of runs in flight which autoencoders train, and how far they are', () => {
  expect(preparingWords([])).toBeNull();
  expect(preparingWords([{ preparing: null }, { preparing: null }])).toBeNull();
  expect(preparingWords([{ preparing: null }, { preparing: 0.409 }])).toBe('autoencoder, 40%');
  expect(preparingWords([{ preparing: 0 }, { preparing: 1 }])).toBe('autoencoders, 0% and 100%');
});
