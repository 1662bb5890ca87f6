import { mean } from '../../core/metrics.ts';
import { methods } from '../../core/methods.ts';
import { pairedDifference } from '../../core/paperTable.ts';
import type { StoredRun } from '../../core/storedRun.ts';

const bySeed = (runs: readonly StoredRun[]) =>
  new Map(runs.map(({ config, averageAccuracy }) => [config.seed, averageAccuracy]));

const points = (value: number) => Math.abs(100 * value).toFixed(1);

const listed = new Intl.ListFormat('en', { type: 'conjunction' });

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
      : [{ name, ...difference, words: `${points(difference.mean)} ± ${points(difference.halfWidth95)} points` }];
  });
  if (compared.length === 0) return null;
  const n = Math.min(...compared.map((difference) => difference.n));
  const above = compared.filter(({ verdict }) => verdict === 'higher');
  const alike = compared.filter(({ verdict }) => verdict !== 'higher');
  const sentences = [
    ...(above.length === 0
      ? []
      : [`${best.name} is ${listed.format(above.map(({ name, words }) => `${words} above ${name}`))}, ${n} seeds.`]),
    ...alike.map(
      ({ name, words }) =>
        `${above.length === 0 ? 'No clear difference' : 'And no clear difference'} between ${best.name} and ${name}: ${words}, ${n} seeds.`,
    ),
    ...(alike.length > 0 && n < 10 ? ['More seeds may tell.'] : []),
  ];
  return sentences.join(' ');
}
