import type { ContestantName, SubjectName } from '../../engine/benchmark/benchmarkTiming.ts';

/** What is timed, as the page names it. */
export const subjectWords: Readonly<Record<SubjectName, string>> = {
  'fine-tune': 'Fine-tune',
  'er': 'ER',
  'er-mir': 'ER-MIR',
  'vae-update': 'VAE update',
  'gen': 'GEN',
  'gen-mir': 'GEN-MIR',
  'er-mir-resnet': 'ER-MIR, ResNet-18',
  'ae-update': 'Autoencoder update',
  'ae-er': 'AE-ER',
  'ae-mir': 'AE-MIR',
};

/** Who does it. */
export const contestantWords: Readonly<Record<ContestantName, string>> = {
  'engine': 'this page',
  'stock': 'stock TensorFlow.js',
  'jax-js': 'jax-js',
};
