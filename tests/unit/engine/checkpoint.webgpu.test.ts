import { describe, expect, it } from 'vitest';
import { startTestBackend } from './startTestBackend.ts';
import { startTestWebgpu } from './startTestWebgpu.ts';
import { syntheticDataset } from './syntheticDataset.ts';

const webgpu = await startTestWebgpu();

describe.skipIf(webgpu === null)('on WebGPU', async () => {
  if (webgpu === null) return;
  // They load TensorFlow.js, which must find WebGPU.
  const { expectSameRunInParts, smallLane, traced } = await import('./checkpointedRun.ts');
  const dataset = syntheticDataset(20, 5);
  const small = { samplesPerTask: 20, evaluationInterval: 10, iterations: 1 };

  it('a run that is stopped at the end of each task and goes on is the same run, and goes on on wasm', async () => {
    // The fused form of a perceptron, and recorded steps with a state that grows.
    const lanes = [smallLane('er-mir', small), smallLane('icarl', small)];
    const { events, checkpoints } = await expectSameRunInParts({ dataset, lanes, backend: webgpu });
    const onWasm = await traced({ dataset, lanes, backend: await startTestBackend('wasm'), from: checkpoints[3] });
    for (const lane of [0, 1]) {
      const lossesAfter = (all: typeof events) =>
        all.flatMap((event) =>
          event.kind === 'progress' && event.lane === lane && event.step > 8 ? event.losses : [],
        );
      const [found, wanted] = [lossesAfter(onWasm.events), lossesAfter(events)];
      expect(found).toHaveLength(2);
      for (const [index, loss] of found.entries()) expect(loss / wanted[index]).toBeCloseTo(1, 4);
    }
  });
});
