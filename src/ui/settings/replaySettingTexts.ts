import type { GenerativeSettings, HybridSettings } from '../../engine/generativeSettings.ts';
import type { SettingText } from './settingTexts.ts';

/** The settings of generative and hybrid replay in words. */
export const replaySettingTexts: Readonly<Record<keyof GenerativeSettings | keyof HybridSettings, SettingText>> = {
  replayBatches: { label: 'Replay batches', explanation: 'Batches of ten made-up images that are replayed with each incoming batch.' },
  memoryCoefficient: { label: 'Weight of replay', explanation: 'How much the replayed count in the loss, against 1 for the incoming batch.' },
  genLearningRate: { label: 'Classifier’s α', explanation: 'Size of each update of these methods’ classifier; the generator uses Adam at 0.001.' },
  genDropout: { label: 'Classifier’s dropout', explanation: 'Share of the classifier’s hidden units that are switched off, at random, in each update.' },
  genIterations: { label: 'Generator’s updates', explanation: 'Updates of the generator on each incoming batch.' },
  clsIterations: { label: 'Classifier’s updates', explanation: 'Updates of the classifier on each incoming batch, after the generator’s.' },
  vaeHidden: { label: 'Generator’s units', explanation: 'Width of the hidden layers of the VAE. Fewer units train faster and blur more.' },
  vaeDepth: { label: 'Generator’s layers', explanation: 'Hidden layers of the VAE’s encoder, and as many of its decoder.' },
  vaeLatents: { label: 'Latent numbers', explanation: 'Numbers in a latent: all that the VAE’s decoder knows of an image.' },
  vaeDropout: { label: 'Generator’s dropout', explanation: 'Share of the VAE’s hidden units that are switched off, at random, in each update.' },
  betaMax: { label: 'Highest β', explanation: 'Weight of the KL part in the VAE’s loss. Lower: sharper images, a prior that fits less.' },
  betaWarmup: { label: 'β warm-up', explanation: 'Images of a task over which β rises from 0 to its highest value.' },
  ascentSteps: { label: 'Ascent steps', explanation: 'Steps that each latent climbs, each as long as the gradient of the sum.' },
  clsInterference: { label: 'Classifier: interference', explanation: 'How far the coming update moves the classifier away from what it answered before this task.' },
  clsEntropy: { label: 'Classifier: certainty', explanation: 'Favours images that the earlier classifier is sure about: its entropy is subtracted.' },
  clsDiversity: { label: 'Classifier: diversity', explanation: 'Keeps away from the latents found earlier for the same batch.' },
  clsShell: { label: 'Classifier: shell', explanation: 'Keeps latents as long as draws from the prior are, √(latent numbers).' },
  genReconstruction: { label: 'Generator: reconstruction', explanation: 'How much worse the coming update makes the generator reproduce the image.' },
  genKl: { label: 'Generator: KL', explanation: 'How far the coming update moves the image’s latents away from the prior.' },
  genEntropy: { label: 'Generator: certainty', explanation: 'Favours images that the earlier classifier is sure about.' },
  genDiversity: { label: 'Generator: diversity', explanation: 'Keeps away from the latents found earlier for the same batch.' },
  genShell: { label: 'Generator: shell', explanation: 'Keeps latents as long as draws from the prior are.' },
  aeFilters: { label: 'Autoencoder’s filters', explanation: 'Filters of each of its convolutions: 16 numbers of the latent for each. 20 give latents of 320.' },
  aeEpochs: { label: 'Autoencoder’s passes', explanation: 'Passes over a task that the autoencoder makes before the classifier’s first step.' },
  aeReplays: { label: 'Replayed latents', explanation: 'Stored latents that are decoded and replayed with each incoming batch.' },
  aeCandidates: { label: 'Candidate latents', explanation: 'Stored latents that are drawn at random, among which AE-MIR takes the nearest to what it found.' },
  aeReplayShare: { label: 'Share of replay', explanation: 'Weight of the replayed in the classifier’s loss; the rest is the incoming batch’s.' },
};
