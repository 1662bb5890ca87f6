import { expect, it } from 'vitest';
import { curvesText, parseCurves, withSeed } from '../../../src/cli/plainSweep.ts';

const first = 'lane,method,retrieval,seed,step,task,averageAccuracy,averageForgetting';

it('keeps the rows of a file that is older than some columns under their titles', () => {
  const before = `${first},accuracyTask1,testSet,testImages,negativeElbo\r\nA,gen,,0,5,1,0.9,,0.9,complete,300,110.5`;
  const curves = parseCurves(before);
  if (curves === null) throw new Error('expected curves');
  const fresh = `${first},accuracyTask1,testSet,testImages,plasticity,negativeElbo\r\nA,gen,,1,5,1,0.8,,0.8,complete,300,0.8,120.5`;
  expect(curvesText(withSeed(curves, 1, fresh), [])).toBe(
    [
      `${first},accuracyTask1,testSet,testImages,plasticity,negativeElbo`,
      'A,gen,,0,5,1,0.9,,0.9,complete,300,,110.5',
      'A,gen,,1,5,1,0.8,,0.8,complete,300,0.8,120.5',
    ].join('\r\n'),
  );
});
