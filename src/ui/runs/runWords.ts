import { mean } from '../../core/metrics.ts';
import { methods } from '../../core/methods.ts';
import { pairedDifference } from '../../core/paperTable.ts';
import type { StoredRun } from '../../core/storedRun.ts';
import type { ExperimentConfig } from '../../core/config.ts';
import type { KeptEntry } from '../../state/runs/keptRun.ts';
import { fixed, list, moment } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { type FormField, settingLabel, settingValue } from '../parts/settingTexts.ts';
import { scenarioWords } from '../parts/words.ts';

const bySeed = (runs: readonly StoredRun[]) =>
  new Map(runs.map(({ config, averageAccuracy }) => [config.seed, averageAccuracy]));

const points = (value: number) => fixed(Math.abs(100 * value), 1);

/**
 * What the final accuracies of several seeds say, paired seed by seed, as a sentence: "ER-MIR is 4.2 ± 1.3 points above
 * ER, 5 seeds." The best lane is compared with each other one; where the 95% interval of a difference includes zero,
 * there is no clear difference.
 *
 * @param lanes the finished runs of each lane; those of equal lanes are the same
 * @returns null while there are not two seeds of two lanes
 */
export function seedsVerdict(lanes: readonly (readonly StoredRun[])[]): string | null {
  const known = lanes
    .filter((runs, index) => runs.length >= 2 && lanes.findIndex(([first]) => first === runs[0]) === index)
    .map((runs) => ({ runs, name: methods[runs[0].config.method].label, mean: mean([...bySeed(runs).values()]) }))
    .sort((one, other) => other.mean - one.mean);
  const [best, ...others] = known;
  if (others.length === 0) return null;
  const compared = others.flatMap(({ runs, name }) => {
    const difference = pairedDifference(bySeed(best.runs), bySeed(runs));
    return difference === null || difference.halfWidth95 === null
      ? []
      : [{ name, ...difference, points: points(difference.mean), halfWidth: points(difference.halfWidth95) }];
  });
  if (compared.length === 0) return null;
  const n = Math.min(...compared.map((difference) => difference.n));
  const above = compared.filter(({ verdict }) => verdict === 'higher');
  const alike = compared.filter(({ verdict }) => verdict !== 'higher');
  const sentences = [
    ...(above.length === 0
      ? []
      : [
          say('seeds.isAbove', {
            name: best.name,
            others: list(above.map(({ name, points, halfWidth }) => say('seeds.above', { name, points, halfWidth }))),
            n,
          }),
        ]),
    ...alike.map(({ name, points, halfWidth }) =>
      say(above.length === 0 ? 'seeds.alike' : 'seeds.andAlike', { best: best.name, name, points, halfWidth, n }),
    ),
    ...(alike.length > 0 && n < 10 ? [say('seeds.moreMayTell')] : []),
  ];
  return sentences.join(' ');
}

/** "14:05" today, "24 Nov, 14:05" on other days. */
export function whenWords(at: number, now: number): string {
  return moment(new Date(at), new Date(now));
}

/** How far a run is: "finished", or "step 260 of 500, task 3 of 5". */
export function reachedWords({ finished, step, totalSteps, task, tasks }: KeptEntry): string {
  return finished ? say('runs.finished') : say('runs.reached', { step, steps: totalSteps, task, tasks });
}

/** "Split MNIST, seed 3", and the settings that were named: "Hidden units 32". */
export function configWords({ scenario, seed, lanes: _lanes, ...named }: ExperimentConfig): string {
  const settings = Object.entries(named).map(
    ([name, value]) => `${settingLabel(name as FormField)} ${settingValue(value)}`,
  );
  return [say('runs.config', { scenario: scenarioWords[scenario], seed }), ...settings].join(' · ');
}

/** A span of time, roughly: "8 s", "3 min", "2.5 h". */
export function durationWords(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 3_570 ? `${Math.round(seconds / 60)} min` : `${fixed(seconds / 3_600, 1)} h`;
}
