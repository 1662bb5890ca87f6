import type { ShownRun } from '../../state/labState.ts';
import { networkSize } from '../settings/settingTexts.ts';
import { backendWords, scenarioWords, scoreWords } from '../words.ts';

/** What a picture of a run must say to be read without the page: its settings, in two lines. */
export function configLines({ config, backend, engineVersion }: ShownRun): readonly [string, string] {
  const plural = (count: number, word: string) => `${count.toLocaleString('en')} ${word}${count === 1 ? '' : 's'}`;
  return [
    [
      scenarioWords[config.scenario],
      `${config.samplesPerTask.toLocaleString('en')} samples per task`,
      `memory ${config.memoryPerClass.toLocaleString('en')} per class`,
      `C = ${config.candidates}`,
      `B = ${config.budget}`,
      scoreWords[config.retrievalScore],
    ].join(' · '),
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
