import type { ScenarioName } from '../../core/config.ts';
import { isIdle, type MethodName } from '../../core/methods.ts';
import { scenarios } from '../../core/scenarios.ts';
import type { FormField } from '../parts/settingTexts.ts';

interface SettingGroup {
  readonly title: string;
  /** What they have in common, in a sentence, where that is not plain. */
  readonly lead?: string;
  readonly fields: readonly FormField[];
}

/** How large a scenario's network is: an MLP for MNIST, ResNet-18 for photographs. */
export function networkSize(scenario: ScenarioName): 'hidden' | 'filters' {
  return scenarios[scenario].dataset === 'mnist' ? 'hidden' : 'filters';
}

/** What particular methods add. */
const ownGroups: readonly SettingGroup[] = [
  {
    title: 'Generative replay',
    lead: 'GEN and GEN-MIR keep no images: a generator, a variational autoencoder (VAE), learns the stream beside the classifier, and both replay what it made before this task.',
    fields: [
      'replayBatches',
      'memoryCoefficient',
      'genLearningRate',
      'genDropout',
      'genIterations',
      'clsIterations',
      'vaeHidden',
      'vaeDepth',
      'vaeLatents',
      'vaeDropout',
      'betaMax',
      'betaWarmup',
    ],
  },
  {
    title: 'Latent objective',
    lead: 'What MIR looks for: latents start at random and climb this sum, once for the classifier and once for the generator. A weight of 0 leaves its term out; with all of a network’s weights 0, that network replays random draws.',
    fields: [
      'ascentSteps',
      'clsInterference',
      'clsEntropy',
      'clsDiversity',
      'clsShell',
      'genReconstruction',
      'genKl',
      'genEntropy',
      'genDiversity',
      'genShell',
    ],
  },
  {
    title: 'Hybrid replay',
    lead: 'AE-ER and AE-MIR keep latents in place of images: an autoencoder learns each task first, and the classifier sees only what it gives back.',
    fields: ['aeFilters', 'aeEpochs', 'aeReplays', 'aeCandidates', 'aeReplayShare'],
  },
  {
    title: 'Elastic Weight Consolidation',
    lead: 'EWC pulls each weight back to its value at the end of the task before, by how much it matters.',
    fields: ['ewcLambda', 'ewcGamma'],
  },
  {
    title: 'Learning without Forgetting',
    lead: 'LwF learns what the network of before this task answers to the incoming images, beside their labels.',
    fields: ['lwfWeight', 'lwfTemperature'],
  },
];

/** The settings that mean something in a scenario and for some methods, in the order of the dialog, grouped by what they are about. */
export function settingGroups(scenario: ScenarioName, lanes: readonly MethodName[]): readonly SettingGroup[] {
  const heeded = ({ fields }: SettingGroup) => fields.some((field) => lanes.some((method) => !isIdle(field, method)));
  return [
    { title: 'Replay', fields: ['memoryPerClass', 'candidates', 'budget', 'retrievalScore'] },
    { title: 'Learning', fields: ['learningRate', 'iterations', networkSize(scenario)] },
    {
      title: 'Stream',
      fields: ['samplesPerTask', 'seed', ...(scenarios[scenario].splitsClasses ? (['classOrderSeed'] as const) : [])],
    },
    { title: 'Evaluation', fields: ['evaluationInterval', 'evaluationSize', 'boundaryEvaluations'] },
    ...ownGroups.filter(heeded),
  ];
}
