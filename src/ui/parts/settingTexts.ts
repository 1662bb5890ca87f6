import { ownDifferences, type RunConfig, type SettingName } from '../../core/config.ts';
import type { laterFields } from '../../core/replaySettings.ts';

/** The settings of particular methods in words. */
const ownSettingTexts: Readonly<Record<keyof typeof laterFields, SettingText>> = {
  replayBatches: {
    label: 'Replay batches',
    explanation: 'Batches of ten made-up images that are replayed with each incoming batch.',
  },
  memoryCoefficient: {
    label: 'Weight of replay',
    explanation: 'How much the replayed count in the loss, against 1 for the incoming batch.',
  },
  genLearningRate: {
    label: 'Classifier’s α',
    explanation: 'Size of each update of these methods’ classifier; the generator uses Adam at 0.001.',
  },
  genDropout: {
    label: 'Classifier’s dropout',
    explanation: 'Share of the classifier’s hidden units that are switched off, at random, in each update.',
  },
  genIterations: { label: 'Generator’s updates', explanation: 'Updates of the generator on each incoming batch.' },
  clsIterations: {
    label: 'Classifier’s updates',
    explanation: 'Updates of the classifier on each incoming batch, after the generator’s.',
  },
  vaeHidden: {
    label: 'Generator’s units',
    explanation: 'Width of the hidden layers of the VAE. Fewer units train faster and blur more.',
  },
  vaeDepth: {
    label: 'Generator’s layers',
    explanation: 'Hidden layers of the VAE’s encoder, and as many of its decoder.',
  },
  vaeLatents: {
    label: 'Latent numbers',
    explanation: 'Numbers in a latent: all that the VAE’s decoder knows of an image.',
  },
  vaeDropout: {
    label: 'Generator’s dropout',
    explanation: 'Share of the VAE’s hidden units that are switched off, at random, in each update.',
  },
  betaMax: {
    label: 'Highest β',
    explanation: 'Weight of the KL part in the VAE’s loss. Lower: sharper images, a prior that fits less.',
  },
  betaWarmup: { label: 'β warm-up', explanation: 'Images of a task over which β rises from 0 to its highest value.' },
  ascentSteps: {
    label: 'Ascent steps',
    explanation: 'Steps that each latent climbs, each as long as the gradient of the sum.',
  },
  clsInterference: {
    label: 'Classifier: interference',
    explanation: 'How far the coming update moves the classifier away from what it answered before this task.',
  },
  clsEntropy: {
    label: 'Classifier: certainty',
    explanation: 'Favours images that the earlier classifier is sure about: its entropy is subtracted.',
  },
  clsDiversity: {
    label: 'Classifier: diversity',
    explanation: 'Keeps away from the latents found earlier for the same batch.',
  },
  clsShell: {
    label: 'Classifier: shell',
    explanation: 'Keeps latents as long as draws from the prior are, √(latent numbers).',
  },
  genReconstruction: {
    label: 'Generator: reconstruction',
    explanation: 'How much worse the coming update makes the generator reproduce the image.',
  },
  genKl: {
    label: 'Generator: KL',
    explanation: 'How far the coming update moves the image’s latents away from the prior.',
  },
  genEntropy: {
    label: 'Generator: certainty',
    explanation: 'Favours images that the earlier classifier is sure about.',
  },
  genDiversity: {
    label: 'Generator: diversity',
    explanation: 'Keeps away from the latents found earlier for the same batch.',
  },
  genShell: { label: 'Generator: shell', explanation: 'Keeps latents as long as draws from the prior are.' },
  aeFilters: {
    label: 'Autoencoder’s filters',
    explanation: 'Filters of each of its convolutions: 16 numbers of the latent for each. 20 give latents of 320.',
  },
  aeEpochs: {
    label: 'Autoencoder’s passes',
    explanation: 'Passes over a task that the autoencoder makes before the classifier’s first step.',
  },
  aeReplays: {
    label: 'Replayed latents',
    explanation: 'Stored latents that are decoded and replayed with each incoming batch.',
  },
  aeCandidates: {
    label: 'Candidate latents',
    explanation: 'Stored latents that are drawn at random, among which AE-MIR takes the nearest to what it found.',
  },
  aeReplayShare: {
    label: 'Share of replay',
    explanation: 'Weight of the replayed in the classifier’s loss; the rest is the incoming batch’s.',
  },
  ewcLambda: {
    label: 'EWC: strength (λ)',
    explanation: 'Weight of the pull back to the old weights. 0 is fine-tuning; too much, and the loss explodes.',
  },
  ewcGamma: {
    label: 'EWC: memory (γ)',
    explanation: 'What stays of how much each weight mattered before, at the end of each task. At 1 nothing fades.',
  },
  lwfWeight: {
    label: 'LwF: weight (λ)',
    explanation: 'How much the old answers count in the loss, against 1 for the labels.',
  },
  lwfTemperature: {
    label: 'LwF: temperature (T)',
    explanation: 'Divides the logits of both answers: the higher, the more the unlikely classes count.',
  },
  derAlpha: {
    label: 'DER: stored answers (α)',
    explanation: 'How much it counts that the network answers memories as it once did, against 1 for the new labels.',
  },
  derBeta: {
    label: 'DER++: labels (β)',
    explanation: 'How much the labels of the second draw of memories count, against 1 for the new labels.',
  },
};

/** A setting that the dialog offers; the scenario has its own place on the page. */
export type FormField = Exclude<SettingName, 'scenario'>;

interface SettingText {
  readonly label: string;
  /** What it does, in a sentence for someone who sees it for the first time. */
  readonly explanation: string;
  /** A word that is allowed beside numbers. */
  readonly word?: 'auto' | 'off';
}

export const settingTexts: Readonly<Record<FormField, SettingText>> = {
  memoryPerClass: {
    label: 'Memory per class',
    explanation: 'Images the memory has room for, times the number of classes. Less room, more forgetting.',
  },
  candidates: {
    label: 'Candidates (C)',
    explanation: 'How many memories are drawn at random and scored before each update.',
  },
  budget: {
    label: 'Budget (B)',
    explanation:
      'How many of the candidates are replayed with each batch. Where there are no more candidates than that, all are replayed, and MIR picks what random picks.',
  },
  retrievalScore: {
    label: 'Score',
    explanation: 'MI-1: loss increase against now. MI-2: against the best loss that memory ever had.',
  },
  learningRate: {
    label: 'Learning rate (α)',
    explanation: 'Size of each update. Too large and the loss explodes; the lane then stops and says so.',
  },
  iterations: { label: 'Iterations', explanation: 'Updates on each incoming batch before the next one comes.' },
  hidden: { label: 'Hidden units', explanation: 'Width of each of the two hidden layers. Fewer units train faster.' },
  filters: {
    label: 'Filters',
    explanation:
      'Filters of the first of ResNet-18’s four stages; each next stage has twice as many. Fewer train faster.',
  },
  samplesPerTask: {
    label: 'Samples per task',
    explanation: 'Training images of each task, or all that there are if fewer. They come in batches of 10.',
  },
  seed: {
    label: 'Seed',
    explanation: 'Fixes initial weights, the order of the images and every draw. Same seed, same run.',
  },
  classOrderSeed: {
    label: 'Class order seed',
    explanation:
      'Shuffles which classes come together and when, whatever the seed. Off: in the paper’s order, 0 and 1 first.',
    word: 'off',
  },
  evaluationInterval: {
    label: 'Evaluation interval',
    explanation: 'Steps between evaluations on the test subset; auto keeps them under a fifth of the time.',
    word: 'auto',
  },
  evaluationSize: {
    label: 'Evaluation size',
    explanation: 'Test images in that subset. After each task the complete test set is used in any case.',
    word: 'auto',
  },
  boundaryEvaluations: {
    label: 'Evaluations after a boundary',
    explanation:
      'So many first steps of every task but the first are each followed by an evaluation, for the stability gap. 0: none beside the others.',
  },
  ...ownSettingTexts,
};

/** Where a lane's settings are not those of the others, in words: "Iterations 5"; empty where none differ. */
export function differenceTexts(run: RunConfig, runs: readonly RunConfig[]): string[] {
  return ownDifferences(run, runs).flatMap((name) =>
    name === 'scenario' ? [] : [`${settingTexts[name].label} ${String(run[name])}`],
  );
}
