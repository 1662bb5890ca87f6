import { describe, expect, it } from 'vitest';
import {
  candidateHeads,
  generatedHeads,
  latentHeads,
  listedCandidate,
  listedGenerated,
  listedLatent,
  listedSample,
} from '../../../../src/ui/lanes/PickList.tsx';

const digits = ['0', '1', '2', '3'];
const things = ['airplane', 'automobile', 'bird', 'cat'];
const decoded = { label: 1, confidence: 0.976, task: null, lossBefore: 0.046, lossAfter: 2.306 };
const losses = { loss: 0, virtualLoss: 0, bestLoss: 0 };
const lines = (captions: readonly { readonly text: string }[]) => captions.map(({ text }) => text);

describe('an image of the data', () => {
  it.each([
    [digits, 3, 'Digit 3, task 2'],
    [things, 3, 'Cat, task 2'],
    [['n01532829', 'n01558993', 'n01704323', 'n01749939'], 3, 'n01749939, task 2'],
    [[], 3, 'Digit 3, task 2'],
  ])('of the classes %j names class %i', (classNames, label, text) => {
    expect(listedSample({ label, task: 2 }, classNames)).toEqual({ text, captions: [], image: null, task: null });
  });

  it.each([
    [2.413, 'Digit 3, task 2, score +2.41', '2.41'],
    [-0.5, 'Digit 3, task 2, score −0.50', '−0.50'],
  ])('that was a candidate has its score %d and its task', (score, text, caption) => {
    const listed = listedCandidate({ slot: 0, sample: 0, label: 3, task: 2, ...losses, score }, digits);
    expect([listed.text, lines(listed.captions), listed.task]).toEqual([text, [caption], 2]);
    expect(listed.captions).toHaveLength(candidateHeads().length);
    expect(listed.image).toEqual({ kind: 'image', sample: 0, task: 2 });
  });
});

describe('an image that a decoder made', () => {
  it('has what it is taken for, how surely, and its loss before and after', () => {
    const { text, captions } = listedGenerated(decoded, digits);
    expect(text).toBe('Taken for digit 1, 98%, loss 0.05 before and 2.31 after the virtual step, interference +2.26');
    expect(lines(captions)).toEqual(['1 98', '0.05', '2.31']);
    expect(captions).toHaveLength(generatedHeads().length);
  });

  it('from a stored latent has its class, its task and the increase of its loss', () => {
    const { text, captions, task } = listedLatent({ ...decoded, confidence: null, task: 2 }, things);
    expect(text).toBe('Automobile, task 2, loss 0.05 before and 2.31 after the virtual step, interference +2.26');
    expect([lines(captions), task]).toEqual([['2.26', 'auto.'], 2]);
    expect(captions).toHaveLength(latentHeads().length);
  });
});
