import { isGenerative, isHybrid } from '../../engine/config.ts';
import type { ShownRun } from '../../state/labState.ts';
import { networkSize } from '../settings/settingTexts.ts';
import { backendWords, scenarioWords, scoreWords } from '../words.ts';

type Config = ShownRun['config'];

const plural = (count: number, word: string) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;

/** The settings of generative replay, in short. */
function generativeLine(config: Config): string {
  const terms = (entries: readonly (readonly [string, number])[]) =>
    entries.flatMap(([name, weight]) => (weight > 0 ? [`${name} ${weight}`] : [])).join(', ') || 'none';
  return [
    `GEN: α = ${config.genLearningRate}`,
    `${config.genIterations} + ${plural(config.clsIterations, 'update')}`,
    `${plural(config.replayBatches, 'batch').replace('batchs', 'batches')} × ${config.memoryCoefficient}`,
    `VAE ${config.vaeDepth} × ${config.vaeHidden}${config.vaeDropout > 0 ? `, dropout ${config.vaeDropout}` : ''}, z ${config.vaeLatents}, β ≤ ${config.betaMax}, warm-up ${config.betaWarmup.toLocaleString('en')}`,
    `${plural(config.ascentSteps, 'ascent step')}: cls ${terms([['x', config.clsInterference], ['e', config.clsEntropy], ['d', config.clsDiversity], ['s', config.clsShell]])}; gen ${terms([['r', config.genReconstruction], ['k', config.genKl], ['e', config.genEntropy], ['d', config.genDiversity], ['s', config.genShell]])}`,
  ].join(' · ');
}

/** The settings of hybrid replay, in short. */
function hybridLine(config: Config): string {
  return [
    `AE: ${plural(config.aeFilters, 'filter')}`,
    plural(config.aeEpochs, 'epoch'),
    `${plural(config.aeReplays, 'replay')} of ${plural(config.aeCandidates, 'candidate')}`,
    `s = ${config.aeReplayShare}`,
  ].join(' · ');
}

/** What a picture of a run must say to be read without the page: its settings, in two lines, and one more for decoders. */
export function configLines({ config, backend, engineVersion }: ShownRun): readonly string[] {
  return [
    [
      scenarioWords[config.scenario],
      `${config.samplesPerTask.toLocaleString('en')} samples per task`,
      `memory ${config.memoryPerClass.toLocaleString('en')} per class`,
      `C = ${config.candidates}`,
      `B = ${config.budget}`,
      scoreWords[config.retrievalScore],
    ].join(' · '),
    ...(config.lanes.some(isGenerative) ? [generativeLine(config)] : []),
    ...(config.lanes.some(isHybrid) ? [hybridLine(config)] : []),
    [
      `α = ${config.learningRate}`,
      plural(config.iterations, 'iteration'),
      networkSize(config.scenario) === 'hidden' ? `${config.hidden} hidden units` : plural(config.filters, 'filter'),
      `seed ${config.seed}`,
      ...(backend ? [backendWords[backend.name]] : []),
      `MIR Lab ${engineVersion}`,
    ].join(' · '),
  ];
}
