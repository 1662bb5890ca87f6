import { z } from 'zod';

const coefficient = z.number().min(0).max(1_000);

/**
 * Settings of generative replay, `gen` and `gen-mir` (paper, section 3.2 and appendix). Units: `betaWarmup`
 * in images of a task, `replayBatches` (nMem) in batches of ten images per incoming batch, `ascentSteps` in
 * gradient steps per round. The coefficients weigh the terms of the latent objective; at 0 a term is not
 * computed, and with all of them 0 a network replays prior samples.
 */
export const generativeFields = {
  genLearningRate: z.number().min(1e-6).max(100),
  genDropout: z.number().min(0).max(0.9),
  genIterations: z.int().min(1).max(50),
  clsIterations: z.int().min(1).max(50),
  replayBatches: z.int().min(1).max(20),
  memoryCoefficient: z.number().min(0).max(100),
  vaeHidden: z.int().min(4).max(1_024),
  vaeDepth: z.int().min(1).max(4),
  vaeLatents: z.int().min(2).max(500),
  vaeDropout: z.number().min(0).max(0.9),
  betaMax: z.number().min(0).max(10),
  betaWarmup: z.int().min(1).max(100_000),
  ascentSteps: z.int().min(1).max(50),
  clsInterference: coefficient,
  clsEntropy: coefficient,
  clsDiversity: coefficient,
  clsShell: coefficient,
  genReconstruction: coefficient,
  genKl: coefficient,
  genEntropy: coefficient,
  genDiversity: coefficient,
  genShell: coefficient,
};

/**
 * Settings of hybrid replay, `ae-er` and `ae-mir` (paper, section 3.3, Algorithm 3). Units: `aeEpochs` (N_gen)
 * in passes over a task, `aeReplays` and `aeCandidates` in latents per incoming batch; `aeReplayShare` (s) is the
 * weight of the replayed in the classifier's loss.
 */
export const hybridFields = {
  aeFilters: z.int().min(1).max(64),
  aeEpochs: z.int().min(1).max(50),
  aeReplays: z.int().min(1).max(1_000),
  aeCandidates: z.int().min(1).max(5_000),
  aeReplayShare: z.number().min(0).max(1),
};

/**
 * Settings of the methods that keep the network near what it was: `ewcLambda` (λ) weighs EWC's penalty, λ/2 Σ Ω (θ − θ*)²,
 * against the mean loss of the batch, and `ewcGamma` (γ) is what stays of the earlier Fisher information Ω at the end of a
 * task. `lwfWeight` weighs LwF's distillation against the loss of the labels, `lwfTemperature` (T) softens the answers.
 */
const anchorFields = {
  ewcLambda: z.number().min(0).max(1_000_000),
  ewcGamma: z.number().min(0).max(1),
  lwfWeight: z.number().min(0).max(1_000),
  lwfTemperature: z.number().min(0.1).max(100),
};

/**
 * Settings of dark experience replay, `der` and `der-pp` (Buzzega et al. 2020, equations 6 and 7): `derAlpha` (α) weighs
 * the stored answers of a draw, `derBeta` (β) the labels of a second one, against the mean loss of the batch.
 */
const darkFields = {
  derAlpha: z.number().min(0).max(1_000),
  derBeta: z.number().min(0).max(1_000),
};

/**
 * Settings of particular methods, which change nothing for most. What was stored may be older than they are; it then gets
 * the scenario's values.
 */
export const laterFields = { ...generativeFields, ...hybridFields, ...anchorFields, ...darkFields };

/** The values of a table of schemas. */
type ValuesOf<Fields extends Record<string, z.ZodType>> = { -readonly [Name in keyof Fields]: z.infer<Fields[Name]> };

export type GenerativeSettings = ValuesOf<typeof generativeFields>;
type HybridSettings = ValuesOf<typeof hybridFields>;
type AnchorSettings = ValuesOf<typeof anchorFields>;
type DarkSettings = ValuesOf<typeof darkFields>;

/** Nothing in the latent objective: replays are prior samples. */
export const noAscent = {
  ascentSteps: 1,
  clsInterference: 0,
  clsEntropy: 0,
  clsDiversity: 0,
  clsShell: 0,
  genReconstruction: 0,
  genKl: 0,
  genEntropy: 0,
  genDiversity: 0,
  genShell: 0,
} as const satisfies Partial<GenerativeSettings>;

/** Split MNIST with MIR on the classifier: the authors' settings. */
export const splitMnistGenerative: GenerativeSettings = {
  ...noAscent,
  genLearningRate: 0.01,
  genDropout: 0.2,
  genIterations: 10,
  clsIterations: 10,
  replayBatches: 10,
  memoryCoefficient: 5,
  vaeHidden: 256,
  vaeDepth: 1,
  vaeLatents: 50,
  vaeDropout: 0,
  betaMax: 0.2,
  betaWarmup: 1_000,
  ascentSteps: 3,
  clsInterference: 0.1,
  clsEntropy: 1,
  clsDiversity: 2,
};

/** Permuted MNIST with MIR on the classifier: the authors' settings. */
export const permutedMnistGenerative: GenerativeSettings = {
  ...noAscent,
  genLearningRate: 0.1,
  genDropout: 0.2,
  genIterations: 20,
  clsIterations: 20,
  replayBatches: 10,
  memoryCoefficient: 3,
  vaeHidden: 128,
  vaeDepth: 1,
  vaeLatents: 50,
  vaeDropout: 0,
  betaMax: 0.5,
  betaWarmup: 1,
  ascentSteps: 2,
  clsInterference: 0.1,
  clsEntropy: 1,
  clsDiversity: 1,
  clsShell: 2,
};

/** Split CIFAR-10: the authors' settings. */
export const splitCifar10Hybrid: HybridSettings = {
  aeFilters: 20,
  aeEpochs: 5,
  aeReplays: 100,
  aeCandidates: 500,
  aeReplayShare: 0.5,
};

/**
 * λ and the weight were chosen on Split MNIST's images held out of training (src/cli/studies). γ = 1 lets nothing fade of
 * what was measured before; T = 2 is Li & Hoiem's.
 */
export const splitMnistAnchors: AnchorSettings = {
  ewcLambda: 10,
  ewcGamma: 1,
  lwfWeight: 3,
  lwfTemperature: 2,
};

/** DER++'s on Split MNIST; the methods' own presets say where from (core/catalogue/replay.ts). */
export const splitMnistDark: DarkSettings = { derAlpha: 1, derBeta: 1 };
