import { describe, expect, it } from 'vitest';
import { defaultSettings } from '../../../src/core/config.ts';
import type { BackendReport } from '../../../src/core/events.ts';
import { evaluationPlan } from '../../../src/engine/evaluation.ts';
import { widestLayer } from '../../../src/engine/models/networks.ts';

const auto = { evaluationInterval: 'auto', evaluationSize: 'auto' } as const;
const mnist = { imageShape: [28, 28, 1] } as const;
const cifar10 = { imageShape: [32, 32, 3] } as const;
const miniImagenet = { imageShape: [84, 84, 3] } as const;

function chunkOf(
  name: BackendReport['name'],
  hardware: boolean,
  settings: Partial<typeof defaultSettings>,
  dataset: { readonly imageShape: readonly [number, number, number] },
): number {
  const backend: BackendReport = { name, device: '', hardware, passedOver: [] };
  return evaluationPlan(auto, backend, widestLayer({ ...defaultSettings, ...settings }, dataset)).chunk;
}

describe('evaluationPlan', () => {
  it.each([
    ['webgpu', true, 1_000],
    ['webgpu', false, 200],
    ['wasm', false, 500],
    ['cpu', false, 100],
  ] as const)('classifies images of MNIST %s (hardware: %s) %i at a time', (name, hardware, chunk) => {
    expect(chunkOf(name, hardware, { scenario: 'split-mnist', hidden: 400 }, mnist)).toBe(chunk);
  });

  it.each([
    ['split-cifar10', 20, cifar10, 51],
    ['split-cifar10', 2, cifar10, 500],
    ['split-miniimagenet', 20, miniImagenet, 7],
  ] as const)('holds no more than 4 MB a layer in %s with %i filters: %o', (scenario, filters, dataset, chunk) => {
    expect(chunkOf('wasm', false, { scenario, filters }, dataset)).toBe(chunk);
    const [height, width] = dataset.imageShape;
    expect(4 * chunk * height * width * filters).toBeLessThanOrEqual(2 ** 22);
  });

  it('takes one image at a time where even one is too wide', () => {
    expect(evaluationPlan(auto, { name: 'cpu', device: '', hardware: false, passedOver: [] }, 3e6).chunk).toBe(1);
  });

  it('keeps the interval and size that were set', () => {
    const set = { evaluationInterval: 7, evaluationSize: 30 };
    expect(evaluationPlan(set, { name: 'wasm', device: '', hardware: false, passedOver: [] }, 784)).toEqual({
      interval: 7,
      size: 30,
      chunk: 500,
    });
  });
});
