import {
  type Alive,
  type BenchmarkTiming,
  type ContestantName,
  type ContestantTiming,
  quartiles,
  type SubjectName,
} from '../../core/timing.ts';

/** What was measured of one contestant in one block; milliseconds, of a step or of each update in it. */
export interface Block {
  /** Each step until its result is here. */
  readonly singles: readonly number[];
  /** A step in a row. */
  readonly inRow: number;
  /** JavaScript of each step of the row. */
  readonly javaScript: readonly number[];
  /** JavaScript of steps whose commands are not given to the driver; only of the engine on webgpu, else null. */
  readonly ownJavaScript: readonly number[] | null;
  /** Per step of the row; null on other backends than webgpu. */
  readonly device: { readonly dispatches: number; readonly submits: number } | null;
  readonly alive: { readonly before: Alive; readonly after: Alive };
}

/** A contestant that has warmed up, in this process or in one of its own. */
export interface Entrant {
  readonly name: ContestantName;
  /** Milliseconds that one of its steps takes, roughly. */
  readonly pace: number;
  /** Lets what was before come to rest, and times so many steps in a row and some singly. */
  block(steps: number): Promise<Block>;
  end(): void | Promise<void>;
}

/** Milliseconds that a block should last. */
const blockDuration = 500;
/** Quick steps in a block; one such step alone is shorter than what disturbs it. */
const mostBlockSteps = 200;

/** As many steps as fill a block: 100 and more of those below 5 ms, one of those that take longer than a block. */
export function blockSteps(pace: number): number {
  return Math.max(1, Math.min(mostBlockSteps, Math.ceil(blockDuration / pace)));
}

/**
 * Steps of each contestant's blocks, round by round.
 *
 * @param paces of the contestants, the engine's first
 * @param steps of each in all, in blocks of a length that suits the engine; null for as many as give a good figure
 */
export function blocksOf(paces: readonly number[], steps: number | null): readonly (readonly number[])[] {
  const own = paces.map(blockSteps);
  if (steps === null) return Array.from({ length: own[0] > 1 ? 5 : 3 }, () => own);
  const rounds = Math.max(1, Math.floor(steps / own[0]));
  const until = (round: number) => Math.floor((steps * round) / rounds);
  return Array.from({ length: rounds }, (_, round) => paces.map(() => until(round + 1) - until(round)));
}

/** How far a contest is: rounds done, of all. */
export interface Rounds {
  readonly done: number;
  readonly total: number;
}

/**
 * Times contestants block by block in turn, so that whatever else the machine does falls on all. Who begins a round
 * changes from round to round. Ends the contestants.
 *
 * @param onRound called before the first round and after each, and awaited; what it throws ends the contest
 */
export async function timeContest(
  entrants: readonly Entrant[],
  { subject, steps }: { readonly subject: SubjectName; readonly steps: number | null },
  onRound: (rounds: Rounds) => void | Promise<void>,
): Promise<BenchmarkTiming> {
  try {
    const plan = blocksOf(
      entrants.map(({ pace }) => pace),
      steps,
    );
    const blocks = entrants.map((): Block[] => []);
    await onRound({ done: 0, total: plan.length });
    for (const [round, counts] of plan.entries()) {
      const first = round % entrants.length;
      for (const index of [...entrants.keys()].map((position) => (position + first) % entrants.length))
        blocks[index].push(await entrants[index].block(counts[index]));
      await onRound({ done: round + 1, total: plan.length });
    }
    return {
      subject,
      rounds: plan.length,
      contestants: entrants.map(({ name }, index) =>
        timingOf(
          name,
          blocks[index],
          plan.map((counts) => counts[index]),
          index === 0 ? null : blocks[0],
        ),
      ),
    };
  } finally {
    for (const entrant of entrants) await entrant.end();
  }
}

/** @param engine blocks of the engine in the same rounds; null for the engine itself */
function timingOf(
  name: ContestantName,
  blocks: readonly Block[],
  counts: readonly number[],
  engine: readonly Block[] | null,
): ContestantTiming {
  const steps = counts.reduce((sum, count) => sum + count, 0);
  const perStep = (calls: (device: NonNullable<Block['device']>) => number) =>
    blocks.reduce((sum, { device }, round) => sum + (device === null ? 0 : calls(device) * counts[round]), 0) / steps;
  const own = blocks.flatMap(({ ownJavaScript }) => ownJavaScript ?? []);
  const singles = blocks.flatMap((block) => block.singles);
  return {
    name,
    single: quartiles(singles),
    inRow: quartiles(blocks.map(({ inRow }) => inRow)),
    ratio: engine && quartiles(blocks.map(({ inRow }, round) => inRow / engine[round].inRow)),
    javaScript: quartiles(blocks.flatMap((block) => block.javaScript)),
    ownJavaScript: own.length === 0 ? null : quartiles(own),
    device: blocks[0].device && {
      dispatches: perStep(({ dispatches }) => dispatches),
      submits: perStep(({ submits }) => submits),
    },
    steps,
    singles: singles.length,
    alive: { before: blocks[0].alive.before, after: blocks[blocks.length - 1].alive.after },
  };
}
