import type { RunConfig } from '../../../src/core/config.ts';

/** Generative replay on digits of 6 × 6 pixels, with all that a step can do done twice. */
export const smallGenerative = {
  samplesPerTask: 40,
  hidden: 9,
  seed: 5,
  vaeHidden: 12,
  vaeLatents: 4,
  vaeDepth: 2,
  genIterations: 2,
  clsIterations: 2,
  replayBatches: 2,
  genLearningRate: 0.2,
  memoryCoefficient: 2,
  betaMax: 0.5,
  betaWarmup: 30,
  ascentSteps: 2,
} as const satisfies Partial<RunConfig>;

/** Every term of both latent searches. */
export const everyTerm = {
  clsInterference: 1,
  clsEntropy: 0.5,
  clsDiversity: 2,
  clsShell: 0.3,
  genReconstruction: 0.2,
  genKl: 0.5,
  genEntropy: 1,
  genDiversity: 1,
  genShell: 0.2,
} as const satisfies Partial<RunConfig>;
