import { expect, it } from 'vitest';
import { scenarioNames } from '../../../../src/core/config.ts';
import { scenarioNameBeside, scenarioSentence } from '../../../../src/ui/parts/words.ts';

const own = (name: string) => ({ scenario: 'split-mnist', data: { name } }) as const;

it.each([
  ['Fashion-MNIST from your files', 'Fashion-MNIST'],
  ['KMNIST from your archive', 'KMNIST'],
  ['EMNIST digits from your files', 'EMNIST digits'],
])('%s gives its name to both scenarios on data of its form, and to no other', (data, name) => {
  const names = scenarioNames.map((scenario) =>
    scenarioNameBeside(scenario, { scenario: 'permuted-mnist', data: { name: data } }),
  );
  expect(names).toEqual([`Split ${name}`, `Permuted ${name}`, 'Split CIFAR-10', 'MiniImagenet']);
  expect(scenarioSentence('permuted-mnist', own(data))).not.toMatch(/digit/);
  expect(scenarioSentence('split-cifar10', own(data))).toBe(scenarioSentence('split-cifar10'));
});

it('MNIST of one’s own is MNIST, and with nothing shown a scenario has its usual name', () => {
  for (const run of [null, { scenario: 'split-mnist', data: null }, own('MNIST from your files')] as const)
    expect(scenarioNameBeside('split-mnist', run)).toBe('Split MNIST');
  expect(scenarioSentence('split-mnist', own('MNIST from your files'))).toMatch(/^Handwritten digits/);
});
