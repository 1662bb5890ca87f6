import type { RetrievalReport } from '../../engine/events.ts';

/** One candidate as a bar, with which rules picked it. */
export interface RankedCandidate {
  readonly position: number;
  readonly score: number;
  readonly mir: boolean;
  readonly random: boolean;
}

/** The candidates, highest score first; equal scores stay in the order drawn. */
export function rankedCandidates(
  retrieval: Pick<RetrievalReport, 'candidates' | 'mirPicks' | 'randomPicks'>,
): RankedCandidate[] {
  const mir = new Set(retrieval.mirPicks);
  const random = new Set(retrieval.randomPicks);
  return retrieval.candidates
    .map(({ score }, position) => ({ position, score, mir: mir.has(position), random: random.has(position) }))
    .sort((one, other) => other.score - one.score || one.position - other.position);
}
