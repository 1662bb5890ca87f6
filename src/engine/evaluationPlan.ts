import type { RunConfig } from './config.ts';
import type { BackendReport } from './events.ts';

/** How often and on how much a run is evaluated, and how many images are classified at a time. */
export interface EvaluationPlan {
  /** Steps between two evaluations. */
  readonly interval: number;
  /** Test images of the subset. */
  readonly size: number;
  /** Test images in one forward pass; between two of them a consumer regains control. */
  readonly chunk: number;
}

/** Chosen so that evaluation takes less than a fifth of the time at the paper's Split MNIST settings. */
function planFor(backend: BackendReport): EvaluationPlan {
  switch (backend.name) {
    case 'webgpu':
    case 'webgl':
      return backend.hardware
        ? { interval: 10, size: 1_000, chunk: 1_000 }
        : { interval: 25, size: 200, chunk: 200 };
    case 'wasm':
      return { interval: 10, size: 500, chunk: 500 };
    case 'cpu':
      return { interval: 25, size: 200, chunk: 100 };
    default:
      return backend.name satisfies never;
  }
}

/**
 * Numbers that a layer may give in one forward pass: 4 MB, of which a ResNet holds about ten at a time. All of
 * MNIST's network stays below it; a ResNet-18 classifies 51 images of CIFAR-10 at a time, about as fast as 500.
 */
const mostNumbers = 2 ** 20;

/**
 * The plan for a backend, with the interval and size that the configuration sets itself.
 *
 * @param widestLayer numbers that the network's widest layer gives for one image
 */
export function evaluationPlan(
  config: Pick<RunConfig, 'evaluationInterval' | 'evaluationSize'>,
  backend: BackendReport,
  widestLayer: number,
): EvaluationPlan {
  const plan = planFor(backend);
  return {
    interval: config.evaluationInterval === 'auto' ? plan.interval : config.evaluationInterval,
    size: config.evaluationSize === 'auto' ? plan.size : config.evaluationSize,
    chunk: Math.max(1, Math.min(plan.chunk, Math.floor(mostNumbers / widestLayer))),
  };
}
