import { expect, it } from 'vitest';
import { noAscent, splitMnistGenerative } from '../../../../src/core/replaySettings.ts';
import { ascendingNetwork } from '../../../../src/ui/step/StepPanel.tsx';

const still = { ...splitMnistGenerative, ...noAscent };

it('is the classifier where any weight of its objective is above 0, else the generator, else none', () => {
  expect(ascendingNetwork(still)).toBeNull();
  for (const name of ['clsInterference', 'clsEntropy', 'clsDiversity', 'clsShell'] as const) {
    expect(ascendingNetwork({ ...still, genKl: 1, [name]: 0.1 })).toBe('classifier');
  }
  for (const name of ['genReconstruction', 'genKl', 'genEntropy', 'genDiversity', 'genShell'] as const) {
    expect(ascendingNetwork({ ...still, [name]: 0.1 })).toBe('generator');
  }
});
