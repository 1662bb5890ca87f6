import { afterAll, describe, expect, it } from 'vitest';
import type { GraphicsFailure } from '../../../src/engine/programs/runProgram.ts';
import type { BackendChoice } from '../../../src/link/protocol.ts';
import { startTestWebgpu } from '../engine/startTestWebgpu.ts';

const webgpu = await startTestWebgpu();

describe.skipIf(webgpu === null)('a device of WebGPU that is lost', async () => {
  if (webgpu === null) return;
  // They load TensorFlow.js, which must find WebGPU.
  const tf = await import('@tensorflow/tfjs');
  const { startBackend } = await import('../../../src/engine/backends.ts');
  const { RecordedPlayer, reportsStep, smallExperiment } = await import('./recordedPlayer.ts');
  const { RecordedPool, smallConfig } = await import('./sweepPort.ts');

  const devices = new Set<GPUDevice>();
  const start = async (choice: BackendChoice, onFailure: (failure: GraphicsFailure) => void) => {
    const report = await startBackend(choice, '', onFailure);
    devices.add(deviceOf());
    return report;
  };
  const deviceOf = () => (tf.backend() as unknown as { readonly device: GPUDevice }).device;
  const before = tf.memory().numTensors;
  afterAll(() => {
    expect(tf.memory().numTensors).toBe(before);
  });

  it('in the Lab: the run goes on from the last finished task on a new device, to the same end', async () => {
    // The fused form of a perceptron beside recorded steps; 2 steps a task.
    const experiment = {
      ...smallExperiment,
      lanes: ['er-mir', 'icarl'] as const,
      samplesPerTask: 20,
      evaluationInterval: 10,
      ...{ hidden: 8, memoryPerClass: 2, candidates: 8, budget: 2 },
    };
    const play = async (destroys: boolean) => {
      const recorded = new RecordedPlayer({ startBackend: start });
      if (destroys)
        recorded.at(
          (report) => reportsStep(report, 5),
          () => deviceOf().destroy(),
        );
      recorded.start(1, { experiment: { ...experiment, lanes: [...experiment.lanes] }, backend: 'webgpu', play: true });
      await Promise.race([recorded.finished(1), recorded.until(({ kind }) => kind === 'failed')]);
      await recorded.player.close();
      return recorded;
    };
    devices.clear();
    const recorded = await play(true);
    expect(devices.size).toBe(2);
    const notices = recorded.reports.flatMap((report) => (report.kind === 'notice' ? [report.text] : []));
    expect(notices).toHaveLength(1);
    expect(notices[0]).toMatch(
      /^The graphics device was lost \(.*\)\. The run stopped at step \d+ and goes on from the end of task [234] \(step [468]\) on the graphics card, asked for anew\.$/,
    );
    expect(recorded.eventsOf(1, 'finished')).toEqual((await play(false)).eventsOf(1, 'finished'));
  });

  it('in a sweep: the run is repeated on a new device, and later runs go on there', async () => {
    devices.clear();
    let lost = false;
    const recorded = new RecordedPool(
      {
        startBackend: async (choice, onFailure) => {
          const report = await start(choice, onFailure);
          // While the first run trains.
          if (!lost) setTimeout((device: GPUDevice) => device.destroy(), 20, deviceOf());
          lost = true;
          return report;
        },
      },
      1,
    );
    const configs = [1, 2].map((seed) => smallConfig({ seed, samplesPerTask: 10, evaluationInterval: 10 }));
    recorded.pool.start(configs, 'webgpu');
    await recorded.over();
    expect(devices.size).toBe(2);
    expect(recorded.eventsOf('failed')).toEqual([]);
    expect(recorded.eventsOf('finished').map(({ run }) => [run.config.seed, run.backend])).toEqual([
      [1, 'webgpu'],
      [2, 'webgpu'],
    ]);
    expect(recorded.eventsOf('notice').map(({ text }) => text)).toEqual([
      expect.stringMatching(
        /^The graphics device was lost \(.*\)\. The run starts again on the graphics card, asked for anew\.$/,
      ),
    ]);
  });
});
