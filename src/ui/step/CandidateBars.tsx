import { memo, useMemo } from 'react';
import type { RetrievalReport } from '../../core/events.ts';
import { sameImage, useMemoryChoice } from '../memory/memoryChoice.ts';
import { signedScore } from '../parts/words.ts';
import style from './CandidateBars.module.css';

/** One candidate as a bar, with which rules picked it. */
interface RankedCandidate {
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

/** The candidates of one step as bars, ranked by score, with what each rule picks. */
export const CandidateBars = memo(function CandidateBars({ retrieval }: { readonly retrieval: RetrievalReport }) {
  const ranked = useMemo(() => rankedCandidates(retrieval), [retrieval]);
  const lit = useMemoryChoice(
    ({ chosen }) =>
      chosen &&
      retrieval.candidates.findIndex(({ sample, task }) => sameImage(chosen.image, { kind: 'image', sample, task })),
  );
  const highest = Math.max(ranked[0]?.score ?? 0, 1e-9);
  const lowest = ranked.at(-1)?.score ?? 0;
  const taken = retrieval.mirPicks.length;
  return (
    <div className={style.block} data-used={retrieval.used}>
      <div className={style.frame}>
        <div
          role="img"
          aria-label={`${ranked.length} candidates with scores from ${signedScore(highest)} down to ${signedScore(lowest)}. MIR takes the ${taken} highest; random drew ${retrieval.randomPicks.length} anywhere among them.`}
          className={style.bars}
        >
          {ranked.map((candidate) => (
            <i
              key={candidate.position}
              data-mir={candidate.mir}
              data-random={candidate.random}
              data-lit={candidate.position === lit}
            >
              <b style={{ height: `${Math.max(2, (100 * Math.max(0, candidate.score)) / highest)}%` }} />
            </i>
          ))}
        </div>
        <span className={style.highest} aria-hidden="true">
          highest: {signedScore(highest)}
        </span>
      </div>
      <p className={style.key} aria-hidden="true">
        <span>
          <i className={style.mirKey} /> MIR takes
        </span>
        <span>
          <i className={style.randomKey} /> random drew
        </span>
      </p>
    </div>
  );
});
