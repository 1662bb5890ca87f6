import { type Entries, everywhere, ofDecoders, sequential } from './methodEntry.ts';
import type { ScenarioName } from '../config.ts';

/**
 * α of DER. On Split MNIST it was chosen on images held out of training (`src/cli/studies/der-split-mnist.csv`), at the
 * scenario's learning rate. Elsewhere it is the authors' for the nearest of their streams, with 500 memories; the
 * learning rate is the scenario's, as ER's is.
 */
const darkPreset = {
  'split-mnist': { derAlpha: 1 },
  'permuted-mnist': { derAlpha: 1 },
  'split-cifar10': { derAlpha: 0.3 },
  'split-miniimagenet': { derAlpha: 0.1 },
} as const;

/**
 * α and β of DER++. On Split MNIST they have the highest mean of DER++ and DER++-MIR on images held out of training
 * (`src/cli/studies/der-pp-split-mnist-alpha-….csv`); the two share them, so that they differ in the choice of memories
 * alone. Elsewhere as for DER.
 */
const darkPlusPreset = {
  'split-mnist': { derAlpha: 1, derBeta: 1 },
  'permuted-mnist': { derAlpha: 1, derBeta: 0.5 },
  'split-cifar10': { derAlpha: 0.2, derBeta: 0.5 },
  'split-miniimagenet': { derAlpha: 0.2, derBeta: 0.5 },
} as const;

/** Permuted MNIST brings no new classes after its first task, and so none that push old ones away. */
const whereClassesCome: readonly ScenarioName[] = ['split-mnist', 'split-cifar10', 'split-miniimagenet'];

/** Buzzega et al. 2020, equation 6. */
const darkStep = {
  tex: String.raw`L_{\text{in}} + \alpha_{\text{D}}\,\overline{(f(x) - z)^2}`,
  text: 'New by labels, retrieved by z, their stored answers.',
  lines: {
    step: 'θ ← SGD(labels of Bₙ, stored answers of those taken)',
    store: 'offer Bₙ to the memory, with the answers before this step',
  },
} as const;

/** Buzzega et al. 2020, equation 7. */
const darkPlusStep = {
  tex: String.raw`L_{\text{in}} + \alpha_{\text{D}}\,\overline{(f(x) - z)^2} + \beta_{\text{D}} L_{\text{mem}}`,
  text: 'New by labels, retrieved by z, their stored answers, and a second draw by labels.',
  lines: {
    step: 'θ ← SGD(labels of Bₙ, stored answers of those taken, labels of others taken)',
    store: 'offer Bₙ to the memory, with the answers before this step',
  },
} as const;

/** Caccia et al. 2022, equation 3. */
const asymmetricStep = {
  tex: String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}}^{\setminus \text{old}} + \nabla L_{\text{mem}})`,
  text: 'New without other old classes, retrieved with all.',
  lines: { step: 'θ ← SGD(Bₙ without old classes, taken with all)' },
} as const;

/** What all of them share. */
const imagesAgain = {
  family: 'replay',
  instead: null,
  scenarios: everywhere,
  stream: sequential,
  memory: 'images',
  idle: ofDecoders,
  preset: {},
  flow: 'memory',
} as const;

/** Methods that are younger than the paper, and draw from the whole memory. */
const younger = { ...imagesAgain, replaysCurrentTask: true, paper: [] } as const;

const dark = { ...younger, own: ['derAlpha'], preset: darkPreset, realStep: darkStep } as const;
const darkPlus = { ...younger, own: ['derAlpha', 'derBeta'], preset: darkPlusPreset, realStep: darkPlusStep } as const;
const asymmetric = { ...younger, scenarios: whereClassesCome, realStep: asymmetricStep } as const;

/** Methods that learn images from a memory again. */
export const replay = {
  er: {
    label: 'ER',
    sentence: 'Experience replay: a random draw from the memory is learnt again with every batch.',
    ...imagesAgain,
    retrieval: 'random',
    counterpart: 'er-mir',
    baseline: 'er',
    companions: ['er-mir', 'fine-tune'],
    paper: [
      { section: 'table-1.split-mnist', accuracy: [82.1, 1.5], forgetting: [15.0, 2.1] },
      { section: 'table-1.permuted-mnist', accuracy: [78.9, 0.6], forgetting: [3.8, 0.6] },
      { section: 'table-2.m-20', accuracy: [27.5, null], forgetting: [50.5, null] },
      { section: 'table-2.m-50', accuracy: [33.1, null], forgetting: [35.4, null] },
      { section: 'table-2.m-100', accuracy: [41.3, null], forgetting: [23.3, null] },
      { section: 'table-3', accuracy: [42.4, null] },
      { section: 'table-4', accuracy: [24.7, null], forgetting: [23.5, null] },
    ],
  },
  'er-mir': {
    label: 'ER-MIR',
    sentence: 'Experience replay of the memories that the coming update would hurt most.',
    ...imagesAgain,
    retrieval: 'mir',
    counterpart: 'er',
    baseline: 'er',
    companions: ['er', 'fine-tune'],
    paper: [
      { section: 'table-1.split-mnist', accuracy: [87.6, 0.7], forgetting: [7.0, 0.9] },
      { section: 'table-1.permuted-mnist', accuracy: [80.1, 0.4], forgetting: [3.9, 0.3] },
      { section: 'table-2.m-20', accuracy: [29.8, null], forgetting: [50.2, null] },
      { section: 'table-2.m-50', accuracy: [40.0, null], forgetting: [30.2, null] },
      { section: 'table-2.m-100', accuracy: [47.6, null], forgetting: [17.4, null] },
      { section: 'table-3', accuracy: [49.3, null] },
      { section: 'table-4', accuracy: [25.2, null], forgetting: [18.0, null] },
    ],
  },
  der: {
    label: 'DER',
    sentence:
      'Dark experience replay: a random draw from the memory is learnt again, not by its labels but by what the network once answered.',
    ...dark,
    retrieval: 'random',
    counterpart: null,
    baseline: 'er',
    companions: ['der-pp', 'er'],
  },
  'der-pp': {
    label: 'DER++',
    sentence: 'DER, and a second random draw that is learnt by its labels.',
    ...darkPlus,
    retrieval: 'random',
    counterpart: 'der-pp-mir',
    baseline: 'er',
    companions: ['der-pp-mir', 'er'],
  },
  'der-pp-mir': {
    label: 'DER++-MIR',
    sentence: 'DER++ with those memories, in both draws, that the coming update would hurt most.',
    ...darkPlus,
    retrieval: 'mir',
    counterpart: 'der-pp',
    baseline: 'der-pp',
    companions: ['der-pp', 'er-mir'],
  },
  'er-ace': {
    label: 'ER-ACE',
    sentence:
      'ER with asymmetric cross-entropy: new classes compete with old ones in what is replayed alone, so that they do not push them away.',
    ...asymmetric,
    retrieval: 'random',
    counterpart: 'er-ace-mir',
    baseline: 'er',
    companions: ['er-ace-mir', 'er'],
  },
  'er-ace-mir': {
    label: 'ER-ACE-MIR',
    sentence: 'ER-ACE with those memories that the coming update would hurt most.',
    ...asymmetric,
    retrieval: 'mir',
    counterpart: 'er-ace',
    baseline: 'er-ace',
    companions: ['er-ace', 'er-mir'],
  },
} as const satisfies Entries;
