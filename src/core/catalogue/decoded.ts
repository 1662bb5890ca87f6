import { type Entries, ofAutoencoders, ofGenerators, ofMemory, ofRetrieval, sequential } from './methodEntry.ts';
import { type GenerativeSettings, noAscent, permutedMnistGenerative, splitMnistGenerative } from '../replaySettings.ts';

/** The authors' settings of each row on Split MNIST, which they found by random search (paper, appendix). */
const splitMnistRows = {
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
const permutedMnistRows = {
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
function ascentOf(settings: GenerativeSettings): Pick<GenerativeSettings, keyof typeof noAscent> {
  return Object.fromEntries(ascentNames.map((name) => [name, settings[name]])) as Pick<
    GenerativeSettings,
    keyof typeof noAscent
  >;
}

/** Its VAE is made for MNIST. */
const generative = {
  family: 'generative',
  instead: null,
  scenarios: ['split-mnist', 'permuted-mnist'],
  stream: sequential,
  memory: null,
  idle: ['learningRate', 'iterations', ...ofMemory, ...ofAutoencoders],
  flow: 'generative',
} as const;

/** Its autoencoder is made for CIFAR-10. */
const hybrid = {
  family: 'hybrid',
  instead: null,
  baseline: 'ae-er',
  scenarios: ['split-cifar10'],
  stream: sequential,
  memory: 'latents',
  idle: [...ofRetrieval, ...ofGenerators],
  preset: {},
  flow: 'hybrid',
  paper: [{ section: 'figure-4.1000' }, { section: 'figure-4.5000' }, { section: 'figure-4.10000' }],
} as const;

/** Methods that learn again what a decoder makes: of latents of their own, or of stored ones. */
export const decoded = {
  gen: {
    label: 'GEN',
    sentence:
      'Generative replay: a generator learns the stream too, and what it dreams up is learnt again. No image is kept.',
    ...generative,
    retrieval: 'random',
    counterpart: 'gen-mir',
    baseline: 'er',
    companions: ['gen-mir', 'er'],
    // Table 1's GEN. Random replay uses no ascent; GEN-MIR's settings are there for a lane that is switched to MIR.
    preset: {
      'split-mnist': { ...splitMnistRows.gen, ...ascentOf(splitMnistRows.both) },
      'permuted-mnist': { ...permutedMnistRows.gen, ...ascentOf(permutedMnistRows.classifier) },
    },
    paper: [
      {
        section: 'table-1.split-mnist',
        change: splitMnistRows.gen,
        accuracy: [79.3, 0.6],
        forgetting: [19.5, 0.8],
      },
      {
        section: 'table-1.permuted-mnist',
        change: permutedMnistRows.gen,
        accuracy: [79.7, 0.1],
        forgetting: [5.8, 0.2],
      },
      { section: 'table-5.split-mnist', change: splitMnistRows.elboGen, negativeElbo: [107.2, null] },
      { section: 'table-5.permuted-mnist', change: permutedMnistRows.elboGen, negativeElbo: [196.7, null] },
    ],
  },
  'gen-mir': {
    label: 'GEN-MIR',
    sentence:
      'Generative replay of the dreams that the coming update would hurt most, found by climbing in the space of latents.',
    ...generative,
    retrieval: 'mir',
    counterpart: 'gen',
    baseline: 'gen',
    companions: ['gen', 'er'],
    preset: { 'split-mnist': splitMnistRows.both, 'permuted-mnist': permutedMnistRows.classifier },
    paper: [
      { section: 'table-1.split-mnist', accuracy: [82.1, 0.3], forgetting: [17.0, 0.4] },
      { section: 'table-1.split-mnist', variant: 'classifier', change: splitMnistRows.classifier },
      { section: 'table-1.split-mnist', variant: 'generator', change: splitMnistRows.generator },
      { section: 'table-1.permuted-mnist', accuracy: [80.4, 0.2], forgetting: [4.8, 0.2] },
      { section: 'table-5.split-mnist', change: splitMnistRows.elboMir, negativeElbo: [102.5, null] },
      { section: 'table-5.permuted-mnist', change: permutedMnistRows.elboMir, negativeElbo: [193.7, null] },
    ],
  },
  'ae-er': {
    label: 'AE-ER',
    sentence:
      'Hybrid replay: an autoencoder shrinks images to latents; a random draw of them is decoded and learnt again.',
    ...hybrid,
    retrieval: 'random',
    counterpart: 'ae-mir',
    companions: ['ae-mir', 'er'],
  },
  'ae-mir': {
    label: 'AE-MIR',
    sentence: 'Hybrid replay of the stored latents nearest to where the coming update would hurt most.',
    ...hybrid,
    retrieval: 'mir',
    counterpart: 'ae-er',
    companions: ['ae-er', 'er'],
  },
} as const satisfies Entries;
