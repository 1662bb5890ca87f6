import type { Retrieval } from '../../core/config.ts';
import { type MethodName, methods } from '../../core/methods.ts';
import type { LaneTrace } from '../../state/labState.ts';

/** A line of an algorithm, by what it does. */
type AlgorithmLine = 'batch' | 'virtual' | 'draw' | 'score' | 'sort' | 'take' | 'step' | 'store';

/** An algorithm of the paper, line by line, as text. */
interface Algorithm {
  readonly title: string;
  readonly lines: readonly { readonly name: AlgorithmLine; readonly text: string }[];
}

const memory: Algorithm = {
  title: 'Algorithm 1',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream:' },
    { name: 'virtual', text: 'θᵥ ← SGD(Bₙ, α)' },
    { name: 'draw', text: 'draw C memories at random' },
    { name: 'score', text: 'score each: l(θᵥ) against l(θ)' },
    { name: 'sort', text: 'sort them by score' },
    { name: 'take', text: 'take the first B' },
    { name: 'step', text: 'θ ← SGD(Bₙ ∪ taken, α)' },
    { name: 'store', text: 'offer Bₙ to the memory' },
  ],
};

const random: Algorithm = {
  title: 'Experience replay',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream:' },
    { name: 'draw', text: 'draw B memories at random' },
    { name: 'step', text: 'θ ← SGD(Bₙ ∪ drawn, α)' },
    { name: 'store', text: 'offer Bₙ to the memory' },
  ],
};

const plain: Algorithm = {
  title: 'Plain training',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream:' },
    { name: 'step', text: 'θ ← SGD(Bₙ, α)' },
  ],
};

const generative: Algorithm = {
  title: 'Algorithm 2',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream:' },
    { name: 'virtual', text: 'θᵥ ← SGD(Bₙ, α), on copies' },
    { name: 'draw', text: 'draw latents z from the prior' },
    { name: 'score', text: 'climb: z ← z + ∇ objective(z)' },
    { name: 'take', text: 'decode z, name them by the old classifier' },
    { name: 'step', text: 'train both networks on Bₙ and these' },
  ],
};

const hybrid: Algorithm = {
  title: 'Algorithm 3',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream, encoded:' },
    { name: 'virtual', text: 'θᵥ ← SGD(Bₙ, α)' },
    { name: 'score', text: 'climb from the batch’s latents' },
    { name: 'draw', text: 'draw stored latents at random' },
    { name: 'take', text: 'take those nearest to what was found' },
    { name: 'step', text: 'train on Bₙ and these, decoded' },
  ],
};

/**
 * The algorithm that a lane carries out; null for methods that are described by parts of their own.
 *
 * @param used the rule whose picks are replayed; null where nothing is
 */
export function algorithmOf(method: MethodName, used: 'mir' | 'random' | null): Algorithm | null {
  const { flow, retrieval, label, realStep } = methods[method];
  switch (flow) {
    case 'memory': {
      const usual = retrieval === null ? plain : used === 'random' ? random : memory;
      if (realStep === undefined) return usual;
      const own: Partial<Record<AlgorithmLine, string>> = realStep.lines;
      return { title: label, lines: usual.lines.map(({ name, text }) => ({ name, text: own[name] ?? text })) };
    }
    case 'generative':
      return generative;
    case 'hybrid':
      return hybrid;
    default:
      return null;
  }
}

/** A stage of a step, in the order in which a step can have them. `part` is a part of the method's own description. */
export type StageName =
  'incoming' | 'virtual' | 'candidates' | 'sorting' | 'climb' | 'retrieved' | 'drawn' | 'part' | 'real';

export interface Stage {
  readonly name: StageName;
  readonly title: string;
  /** Which part of the method's own description; 0 for other stages. */
  readonly part: number;
  /** The lines of the method's algorithm that it carries out. */
  readonly lines: readonly AlgorithmLine[];
}

const stage = (name: StageName, title: string, ...lines: AlgorithmLine[]): Stage => ({ name, title, part: 0, lines });

/** The stages of a step of a method: those that its trace can show. Before the first trace, those of its first task. */
export function stagesOf(method: MethodName, trace: Pick<LaneTrace, 'retrieval'> | null, images: string): Stage[] {
  const { flow } = methods[method];
  const incoming = stage('incoming', `Incoming: new ${images}`, 'batch');
  const real = stage('real', 'Real step', 'step', 'store');
  if (typeof flow !== 'string') {
    return [incoming, ...flow.map(({ title }, part) => ({ ...stage('part', title), part }))];
  }
  const found = trace?.retrieval ?? null;
  if (found === null || retrievedCount(found) === 0) return [incoming, stage('real', 'Real step', 'step', 'store')];
  if (found.used === 'random') return [incoming, stage('drawn', 'Drawn at random', 'draw', 'take'), real];
  const virtual = stage('virtual', 'Virtual step, on a copy', 'virtual');
  switch (found.kind) {
    case 'memory':
      return [
        incoming,
        virtual,
        stage('candidates', `${found.candidates.length} memories: l(θ) → l(θᵥ)`, 'draw', 'score'),
        stage('sorting', 'Sorted by the difference', 'sort'),
        stage('retrieved', `The ${found.mirPicks.length} most hurt are taken`, 'take'),
        real,
      ];
    case 'generated':
      return [
        incoming,
        virtual,
        stage('climb', 'Latents climb', 'draw', 'score'),
        stage('retrieved', 'Found: replayed', 'take'),
        real,
      ];
    case 'latents':
      return [
        incoming,
        virtual,
        stage('climb', 'Latents climb', 'score'),
        stage('retrieved', 'The nearest stored are taken', 'draw', 'take'),
        real,
      ];
    default:
      return found satisfies never;
  }
}

function retrievedCount({ used, mirPicks, randomPicks }: NonNullable<LaneTrace['retrieval']>): number {
  const picks: Readonly<Record<Retrieval, readonly unknown[]>> = { mir: mirPicks, random: randomPicks };
  return picks[used].length;
}

/** Where somebody who goes through a step stands. */
export interface Walk {
  readonly stage: number;
  /** The traced step before the one that was asked for; null while none is awaited. */
  readonly after: number | null;
  /** Whether the stages follow each other by themselves. */
  readonly runs: boolean;
}

/** At the first stage of the step that is shown, or of the one after it. */
export function begun(after: number | null, runs = false): Walk {
  return { stage: 0, after, runs };
}

/** Whether the step that was asked for has not come yet. */
export function awaits({ after }: Walk, tracedStep: number | null): boolean {
  return after !== null && (tracedStep ?? 0) <= after;
}

/**
 * The walk after one stage more or less: it stops at the first stage, and past the last the next step must be trained.
 *
 * @param count how many stages the step has
 */
export function moved(walk: Walk, by: 1 | -1, count: number): Walk | 'next step' {
  const stage = Math.min(walk.stage, count - 1) + by;
  if (stage >= count) return 'next step';
  return { stage: Math.max(0, stage), after: null, runs: walk.runs && by === 1 };
}
