import { type GenerativeSettings, noAscent, permutedMnistGenerative, splitMnistGenerative } from '../replaySettings.ts';

/** The authors' settings of each row on Split MNIST, which they found by random search (paper, appendix). */
export const splitMnistRows = {
  gen: {
    ...splitMnistGenerative,
    ...noAscent,
    genIterations: 15,
    clsIterations: 15,
    replayBatches: 4,
    memoryCoefficient: 3,
    vaeDepth: 2,
    vaeHidden: 128,
    betaMax: 1,
  },
  /** MIR on the classifier and on the generator. */
  both: {
    ...splitMnistGenerative,
    genIterations: 15,
    clsIterations: 15,
    memoryCoefficient: 3,
    vaeHidden: 128,
    vaeDropout: 0.4,
    betaMax: 1,
    ascentSteps: 10,
    clsInterference: 0.1,
    clsEntropy: 1,
    clsDiversity: 1,
    genKl: 0.1,
    genEntropy: 1,
    genDiversity: 1,
  },
  classifier: splitMnistGenerative,
  generator: {
    ...splitMnistGenerative,
    ...noAscent,
    replayBatches: 4,
    memoryCoefficient: 3,
    vaeDepth: 2,
    vaeHidden: 128,
    betaMax: 1,
    betaWarmup: 500,
    ascentSteps: 2,
    genReconstruction: 0.1,
    genKl: 0.1,
  },
  elboGen: {
    ...splitMnistGenerative,
    ...noAscent,
    genIterations: 15,
    clsIterations: 15,
    memoryCoefficient: 2,
    vaeHidden: 128,
    betaWarmup: 500,
  },
  elboMir: {
    ...splitMnistGenerative,
    genLearningRate: 0.1,
    genIterations: 20,
    clsIterations: 20,
    betaWarmup: 500,
    ascentSteps: 2,
    clsInterference: 1,
    clsEntropy: 1,
    clsDiversity: 0.1,
    genEntropy: 2,
    genDiversity: 0.1,
    genShell: 1,
  },
} as const satisfies Record<string, GenerativeSettings>;

/** The same on Permuted MNIST. */
export const permutedMnistRows = {
  gen: {
    ...permutedMnistGenerative,
    ...noAscent,
    genIterations: 15,
    clsIterations: 15,
    replayBatches: 4,
    memoryCoefficient: 2,
    betaMax: 0.2,
    betaWarmup: 250,
  },
  classifier: permutedMnistGenerative,
  elboGen: {
    ...permutedMnistGenerative,
    ...noAscent,
    memoryCoefficient: 5,
    vaeLatents: 100,
    vaeDepth: 2,
    vaeHidden: 256,
    betaWarmup: 1_000,
  },
  elboMir: {
    ...permutedMnistGenerative,
    ...noAscent,
    genIterations: 15,
    clsIterations: 15,
    vaeDepth: 2,
    betaMax: 0.2,
    ascentSteps: 10,
    genDiversity: 2,
    genShell: 2,
  },
} as const satisfies Record<string, GenerativeSettings>;

const ascentNames = Object.keys(noAscent) as (keyof typeof noAscent)[];

/** The settings of a row that only a search for latents uses. */
export function ascentOf(settings: GenerativeSettings): Pick<GenerativeSettings, keyof typeof noAscent> {
  return Object.fromEntries(ascentNames.map((name) => [name, settings[name]])) as Pick<
    GenerativeSettings,
    keyof typeof noAscent
  >;
}
