import { describe, expect, it } from 'vitest';
import { checkNumbers, differenceFromCpu, tinyCourses } from '../../../src/engine/numberCheck.ts';
import { GraphicsFailure } from '../../../src/engine/programs/runProgram.ts';
import { startTestBackend, testBackends } from './startTestBackend.ts';

describe.each(testBackends)('on %s', (name) => {
  it('the small steps give the numbers that are written down, in every form', async () => {
    await startTestBackend(name);
    const courses = await tinyCourses();
    expect(courses).toHaveLength(2);
    for (const numbers of courses) expect(differenceFromCpu(numbers)).toBeLessThan(1e-5);
    await checkNumbers();
  });

  it('a number that is wrong by more than 1e-3 is found, wherever it stands', async () => {
    await startTestBackend(name);
    const [right] = await tinyCourses();
    for (const place of right.keys()) {
      const wrong = right.with(place, right[place] + 2e-3);
      await expect(checkNumbers(() => Promise.resolve([right, wrong]))).rejects.toThrow(GraphicsFailure);
    }
  });
});

it('says in a sentence what is wrong', async () => {
  const numbers = [NaN, ...Array<number>(10).fill(0)];
  await expect(checkNumbers(() => Promise.resolve([numbers]))).rejects.toThrow(
    'A small training step gives other numbers on this graphics card than in plain JavaScript (some are not numbers at all).',
  );
  await expect(checkNumbers(() => Promise.resolve([Array<number>(11).fill(0)]))).rejects.toThrow(
    /\(they differ by 1\.8\)\.$/,
  );
});
