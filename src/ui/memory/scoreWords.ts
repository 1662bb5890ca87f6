import { plainLoss } from '../parts/words.ts';
import type { CandidateFacts } from './memoryFacts.ts';

/** A loss or a difference of losses with three decimals, so that they can be added up by eye: 0.021, −1.310, 12.34. */
export function exact(value: number): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 99.995) return plainLoss(value);
  const text = Math.abs(value).toFixed(Math.abs(value) < 9.9995 ? 3 : 2);
  return value < 0 && Number(text) !== 0 ? `−${text}` : text;
}

function rounded(value: number): number {
  return Number(exact(value).replace('−', '-'));
}

/** How the score comes about, with the numbers in it. */
export function scoreFormula({
  rule,
  loss,
  virtualLoss,
  bestLoss,
  score,
}: Pick<CandidateFacts, 'rule' | 'loss' | 'virtualLoss' | 'bestLoss' | 'score'>): string {
  const reference = rule === 'mi1' ? exact(loss) : `min(${exact(loss)}, ${exact(bestLoss)})`;
  const before = rule === 'mi1' ? loss : Math.min(loss, bestLoss);
  // Rounded numbers may not add up to the last digit.
  const adds = exact(rounded(virtualLoss) - rounded(before)) === exact(score);
  return `${exact(virtualLoss)} − ${reference} ${adds ? '=' : '≈'} ${exact(score)}`;
}
