import { type CSSProperties, type ReactNode, memo, useMemo } from 'react';
import { say } from '../../texts/say.ts';
import { type ShownImage, MemoryThumb, useRovingFocus, sameImage, useMemoryChoice } from '../parts/MemoryThumb.tsx';
import style from './LossCells.module.css';
import type { RetrievalReport } from '../../core/events.ts';
import { signedScore } from '../parts/words.ts';
import candidateBarsStyle from './CandidateBars.module.css';

/** A loss in nats: at θ, on the copy that learns the new alone, or after the real step. */
export interface LossBar {
  readonly kind: 'before' | 'copy' | 'after';
  readonly loss: number;
}

/** One image with its losses as bars side by side. */
export interface LossCell {
  readonly image: ShownImage;
  /** Index among the pixels. */
  readonly index: number;
  /** In full, as a screen reader says it. */
  readonly text: string;
  readonly bars: readonly LossBar[];
  /** What stands out: what MIR takes, what random drew. */
  readonly mir?: boolean;
  readonly random?: boolean;
  /** Whether it steps back. */
  readonly faint?: boolean;
}

/** Columns in which so many cells are seen. */
export function columnsFor(count: number): number {
  if (count <= 60) return 10;
  return count <= 240 ? 20 : 40;
}

/** Where a cell is seen: the first `apart` have rows of their own, a gap above the others. */
export function placeOf(place: number, columns: number, apart: number): { column: number; row: number; gap: boolean } {
  const split = apart > 0 && place >= apart;
  const from = split ? place - apart : place;
  const above = split ? Math.ceil(apart / columns) : 0;
  return { column: from % columns, row: above + Math.floor(from / columns), gap: split };
}

/**
 * Images in a grid, each with bars of its losses. Where their order changes they move; the order of their elements stays.
 */
export function LossCells({
  name,
  lane,
  cells,
  order,
  apart = 0,
  pixels,
  shape,
  highest,
}: {
  readonly name: string;
  /** 0 for Lane A. */
  readonly lane: number;
  readonly cells: readonly LossCell[];
  /** The cells in the order in which they are seen; as they are, if left out. */
  readonly order?: readonly number[];
  /** How many of the first stand apart from the others. */
  readonly apart?: number;
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
  /** What the tallest bar stands for, in nats. */
  readonly highest: number;
}) {
  const columns = columnsFor(cells.length);
  const { tabIndexOf, list } = useRovingFocus(cells.length, columns);
  const places = new Map((order ?? cells.map((_, index) => index)).map((cell, place) => [cell, place]));
  const last = placeOf(Math.max(0, cells.length - 1), columns, apart);
  const size = { '--columns': columns, '--rows': last.row + 1, '--gaps': last.gap ? 1 : 0 } as CSSProperties;
  return (
    <ul aria-label={name} className={style.cells} style={size} data-many={cells.length > 20} {...list}>
      {cells.map((cell, index) => {
        const place = places.get(index) ?? index;
        const { column, row, gap } = placeOf(place, columns, apart);
        const at = { '--column': column, '--row': row, '--gap': gap ? 1 : 0 } as CSSProperties;
        return (
          <li
            key={index}
            className={style.cell}
            style={at}
            data-place={place}
            data-mir={cell.mir}
            data-random={cell.random}
            data-faint={cell.faint}
          >
            <MemoryThumb
              image={cell.image}
              lane={lane}
              text={cell.text}
              pixels={pixels}
              index={cell.index}
              shape={shape}
              className={style.image}
              tabIndex={tabIndexOf(place)}
            >
              <Bars losses={cell.bars} highest={highest} />
            </MemoryThumb>
          </li>
        );
      })}
    </ul>
  );
}

function Bars({ losses, highest }: { readonly losses: readonly LossBar[]; readonly highest: number }): ReactNode {
  const share = (loss: number) => Math.min(1, Math.max(0.02, loss / highest));
  // A bar grows out of the one before it.
  return (
    <span className={style.bars} aria-hidden="true">
      {losses.map(({ kind, loss }, index) => (
        <i
          key={kind}
          data-kind={kind}
          style={{ '--share': share(loss), '--from': share(losses[Math.max(0, index - 1)].loss) } as CSSProperties}
        />
      ))}
    </span>
  );
}

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
    <div className={candidateBarsStyle.block} data-used={retrieval.used}>
      <div className={candidateBarsStyle.frame}>
        <div
          role="img"
          aria-label={say('step.candidatesSpoken', {
            count: ranked.length,
            highest: signedScore(highest),
            lowest: signedScore(lowest),
            taken,
            drawn: retrieval.randomPicks.length,
          })}
          className={candidateBarsStyle.bars}
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
        <span className={candidateBarsStyle.highest} aria-hidden="true">
          {say('step.highest', { highest: signedScore(highest) })}
        </span>
      </div>
      <p className={candidateBarsStyle.key} aria-hidden="true">
        <span>
          <i className={candidateBarsStyle.mirKey} /> {say('step.mirTakes')}
        </span>
        <span>
          <i className={candidateBarsStyle.randomKey} /> {say('step.randomDrew')}
        </span>
      </p>
    </div>
  );
});
