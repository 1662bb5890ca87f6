import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { defaultSettings, type RunConfig } from '../../../../src/core/config.ts';
import { benchmarkInput, vaeUpdates } from '../../../../src/engine/benchmark/contests.ts';
import { relativeError } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';
import { syntheticDataset } from '../syntheticDataset.ts';

const config: RunConfig = {
  ...defaultSettings,
  method: 'gen',
  samplesPerTask: 40,
  vaeHidden: 12,
  vaeLatents: 4,
  vaeDepth: 2,
  vaeDropout: 0.3,
  genIterations: 3,
  replayBatches: 2,
  memoryCoefficient: 2,
};

describe.each(testBackends)('vaeUpdates on %s', (backend) => {
  beforeAll(() => startTestBackend(backend));

  it('has both contestants make the same updates, and frees all', async () => {
    const before = tf.memory().numTensors;
    const input = benchmarkInput(syntheticDataset(60, 10), config);
    const engine = vaeUpdates(input, { name: 'engine', makePeer: null });
    const stock = vaeUpdates(input, { name: 'stock', makePeer: null });
    const { batches, updatesPerStep } = engine;
    expect(updatesPerStep).toBe(3);
    let start: ArrayLike<number> | null = null;
    for (let step = 0; step < 5; step++) {
      const batch = batches.next().value;
      // Each gives a layer of its network, after these updates.
      const [own, theirs] = [await engine.step(batch), await stock.step(batch)];
      const values = await own.read();
      expect(relativeError(await theirs.read(), values)).toBeLessThan(1e-3);
      if (start !== null) expect(relativeError(values, start)).toBeGreaterThan(1e-3);
      start = values;
    }
    await engine.dispose();
    await stock.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });
});
