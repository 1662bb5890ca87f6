import type { Retrieval, ScoreName } from '../../core/config.ts';
import type { DecodedSample, RetrievalReport } from '../../core/events.ts';
import { methods } from '../../core/methods.ts';
import type { LaneState, ShownRun } from '../../state/labState.ts';
import type { ShownImage } from './MemoryThumb.tsx';
import { fixed } from '../../texts/numbers.ts';
import { className, plainLoss } from '../parts/words.ts';

/** What one lane's step did with one image; losses in nats. */
export type LaneFacts = {
  readonly lane: number;
  readonly method: string;
  readonly step: number;
} & (
  | { readonly kind: 'candidate'; readonly facts: CandidateFacts }
  | { readonly kind: 'incoming'; readonly before: number; readonly virtual: number | null; readonly after: number }
  | { readonly kind: 'decoded'; readonly sample: DecodedSample; readonly rule: Retrieval; readonly used: Retrieval }
);

/** A memory among the candidates of one step. */
export interface CandidateFacts {
  readonly loss: number;
  readonly virtualLoss: number;
  readonly bestLoss: number;
  readonly score: number;
  readonly rule: ScoreName;
  /** 1 for the highest score. */
  readonly rank: number;
  /** C */
  readonly of: number;
  /** Whether MIR takes it, whether random drew it, and whose choice was replayed. */
  readonly mir: boolean;
  readonly random: boolean;
  readonly used: Retrieval;
  /** Its loss after the real step; null if it was not replayed. */
  readonly after: number | null;
}

/** Everything that the latest steps tell of one image. */
export interface MemoryFacts {
  readonly label: number;
  readonly name: string;
  /** Null for an image that a generator made up. */
  readonly task: number | null;
  readonly pixels: Uint8Array;
  readonly index: number;
  readonly shape: readonly [number, number, number];
  /** By lane; lanes that do not know it are left out. */
  readonly lanes: readonly LaneFacts[];
  /** What is told of the lane in which it was chosen, or of the one where MIR replays, or of the first that knows it. */
  readonly told: LaneFacts;
}

/** Rank of a candidate: 1 + how many come before it, highest score first, equal ones in the order drawn. */
export function rankOf(candidates: RetrievalReport['candidates'], position: number): number {
  const { score } = candidates[position];
  return 1 + candidates.filter((other, at) => other.score > score || (other.score === score && at < position)).length;
}

function candidateFacts(
  report: RetrievalReport,
  position: number,
  replayedAfter: readonly number[] | null,
): CandidateFacts {
  const { candidates, mirPicks, randomPicks, used, score: rule } = report;
  const { loss, virtualLoss, bestLoss, score } = candidates[position];
  const place = (used === 'mir' ? mirPicks : randomPicks).indexOf(position);
  return {
    ...{ loss, virtualLoss, bestLoss, score, rule, used },
    rank: rankOf(candidates, position),
    of: candidates.length,
    mir: mirPicks.includes(position),
    random: randomPicks.includes(position),
    after: place === -1 ? null : (replayedAfter?.[place] ?? null),
  };
}

type Seen = LaneFacts & Pick<MemoryFacts, 'label' | 'task' | 'pixels' | 'index'>;

/** What a lane's latest traced step tells of an image; null if it did not meet it. */
function seenBy({ method, trace }: LaneState, lane: number, image: ShownImage): Seen | null {
  if (trace === null) return null;
  const { losses, retrieval, step } = trace;
  const common = { lane, method: methods[method].label, step };
  if (image.kind === 'decoded') {
    if (lane !== image.lane || retrieval === null || retrieval.kind === 'memory') return null;
    const samples = image.rule === 'mir' ? retrieval.mirPicks : retrieval.randomPicks;
    if (image.place >= samples.length) return null;
    const sample = samples[image.place];
    return {
      ...common,
      ...{ kind: 'decoded', sample, rule: image.rule, used: retrieval.used },
      ...{ label: sample.label, task: sample.task, index: image.place },
      pixels: image.rule === 'mir' ? retrieval.pictures.mirPicks : retrieval.pictures.randomPicks,
    };
  }
  const here = (other: { readonly sample: number; readonly task: number }) =>
    other.sample === image.sample && other.task === image.task;
  if (retrieval?.kind === 'memory') {
    const index = retrieval.candidates.findIndex(here);
    if (index !== -1) {
      const { label, task } = retrieval.candidates[index];
      const facts = candidateFacts(retrieval, index, losses?.replayed?.after ?? null);
      return { ...common, kind: 'candidate', facts, label, task, index, pixels: trace.thumbnails.candidates };
    }
  }
  const index = trace.incoming.findIndex(here);
  if (index === -1 || losses === null) return null;
  const { before, virtual, after } = losses.incoming;
  const { label, task } = trace.incoming[index];
  return {
    ...common,
    ...{ kind: 'incoming', before: before[index], virtual: virtual?.[index] ?? null, after: after[index] },
    ...{ label, task, index, pixels: trace.thumbnails.incoming },
  };
}

/**
 * What the lanes' latest traced steps tell of an image; null if none of them met it.
 *
 * @param lane the one in which it was chosen; null if it stands for all
 */
export function memoryFacts(shown: ShownRun | null, image: ShownImage, lane: number | null): MemoryFacts | null {
  if (shown === null) return null;
  const seen = shown.lanes.flatMap((state, index) => seenBy(state, index, image) ?? []);
  if (seen.length === 0) return null;
  const told =
    seen.find((own) => own.lane === lane) ??
    seen.find((own) => own.kind === 'candidate' && own.facts.used === 'mir') ??
    seen[0];
  const { label, task, pixels, index } = told;
  const name = className(label, shown.classNames);
  return { label, name, task, pixels, index, shape: shown.imageShape, lanes: seen, told };
}

/** A loss or a difference of losses with three decimals, so that they can be added up by eye: 0.021, −1.310, 12.34. */
export function exact(value: number): string {
  if (!Number.isFinite(value) || Math.abs(value) >= 99.995) return plainLoss(value);
  return fixed(value, decimals(value));
}

const decimals = (value: number) => (Math.abs(value) < 9.9995 ? 3 : 2);

function rounded(value: number): number {
  // From there on, exact says thousands.
  if (Math.abs(value) >= 999.5) return Number.NaN;
  return Number(value.toFixed(Math.abs(value) >= 99.995 ? 0 : decimals(value)));
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
