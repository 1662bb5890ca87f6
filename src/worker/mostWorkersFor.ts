import type { BackendName, ScenarioName } from '../engine/config.ts';

const mostWorkers = 8;
/** Bytes of images that all workers of a sweep may hold together. */
const imageBudget = 450e6;

/** Bytes of a scenario's complete dataset; every worker holds a copy. */
function datasetBytes(scenario: ScenarioName): number {
  switch (scenario) {
    case 'split-mnist':
    case 'permuted-mnist':
      return 55e6;
    case 'split-cifar10':
      return 184e6;
    case 'split-miniimagenet':
      return 1_270e6;
    default:
      return scenario satisfies never;
  }
}

/**
 * The most workers that may carry a sweep. On a processor one fewer than it has threads, so that the page stays smooth,
 * from 1 to 8, and no more than have room for their images; on a graphics card one, which keeps it busy.
 */
export function mostWorkersFor(backend: BackendName, scenarios: readonly ScenarioName[], processorThreads: number): number {
  if (backend === 'webgpu' || backend === 'webgl') return 1;
  const largest = Math.max(0, ...scenarios.map(datasetBytes));
  const room = largest === 0 ? mostWorkers : Math.floor(imageBudget / largest);
  return Math.max(1, Math.min(processorThreads - 1, mostWorkers, room));
}
