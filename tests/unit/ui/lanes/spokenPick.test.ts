import { expect, it } from 'vitest';
import { spokenPick } from '../../../../src/ui/lanes/PickList.tsx';

it.each([
  [['0', '1', '2', '3'], 3, 2.413, 'Digit 3, task 2, score +2.41'],
  [['airplane', 'automobile', 'bird', 'cat'], 3, 1.1, 'Cat, task 2, score +1.10'],
  [['airplane', 'automobile', 'bird', 'cat'], 3, null, 'Cat, task 2'],
  [['n01532829', 'n01558993', 'n01704323', 'n01749939'], 3, -0.5, 'n01749939, task 2, score −0.50'],
  [[], 3, 0, 'Digit 3, task 2, score +0.00'],
])('of the classes %j names class %i', (classNames, label, score, text) => {
  expect(spokenPick({ sample: { sample: 0, label, task: 2 }, score }, classNames)).toBe(text);
});
