import { laneIdentity } from '../parts/laneIdentity.tsx';
import type { CurveRow } from './curveRows.ts';

const listed = new Intl.ListFormat('en', { type: 'conjunction' });

/**
 * What to say where lanes' generators have the same −ELBO to the last digit at every evaluation, so that one line hides
 * another: null where no two have. They do in the first task,
 * in which nothing is replayed, and where MIR searches for the classifier only, so that the generators replay the same
 * images.
 *
 * @param rows of the chart of −ELBO
 */
export function equalGeneratorsWords(rows: readonly CurveRow[]): string | null {
  const values = (rows.at(0)?.values ?? []).map((_, lane) => rows.map((row) => row.values[lane]));
  const lanes = values.flatMap((own, lane) => {
    const alike = (other: readonly (number | null)[]) => other.every((value, row) => value === own[row]);
    return own.some((value) => value !== null) && values.filter(alike).length > 1 ? [laneIdentity(lane).letter] : [];
  });
  if (lanes.length < 2) return null;
  return `${listed.format(lanes)} share one line: MIR has not searched for their generators, so these have learnt the same.`;
}
