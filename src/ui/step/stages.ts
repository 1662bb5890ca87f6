import type { Retrieval } from '../../core/config.ts';
import { type MethodName, methods } from '../../core/methods.ts';
import { say, sayOr, type TextKey } from '../../texts/say.ts';
import { flowParts } from '../parts/words.ts';
import type { LaneTrace } from '../../state/labState.ts';

/** A line of an algorithm, by what it does. */
type AlgorithmLine = 'batch' | 'virtual' | 'draw' | 'score' | 'sort' | 'take' | 'step' | 'store';

/** An algorithm of the paper, line by line, as text. */
interface Algorithm {
  readonly title: string;
  readonly lines: readonly { readonly name: AlgorithmLine; readonly text: string }[];
}

const linesOf = {
  memory: ['batch', 'virtual', 'draw', 'score', 'sort', 'take', 'step', 'store'],
  random: ['batch', 'draw', 'step', 'store'],
  plain: ['batch', 'step'],
  generative: ['batch', 'virtual', 'draw', 'score', 'take', 'step'],
  hybrid: ['batch', 'virtual', 'score', 'draw', 'take', 'step'],
} as const satisfies Readonly<Record<string, readonly AlgorithmLine[]>>;

/** An algorithm by its name: that of the paper, of experience replay or of plain training. */
function algorithm(name: keyof typeof linesOf): Algorithm {
  const text = (line: AlgorithmLine) => say(`step.algorithms.${name}.${line}` as TextKey);
  return {
    title: say(`step.algorithms.${name}.title`),
    lines: linesOf[name].map((line) => ({ name: line, text: text(line) })),
  };
}

/**
 * The algorithm that a lane carries out; null for methods that are described by parts of their own.
 *
 * @param used the rule whose picks are replayed; null where nothing is
 */
export function algorithmOf(method: MethodName, used: 'mir' | 'random' | null): Algorithm | null {
  const { flow, retrieval, label, realStep } = methods[method];
  switch (flow) {
    case 'memory': {
      const usual = algorithm(retrieval === null ? 'plain' : used === 'random' ? 'random' : 'memory');
      if (realStep === undefined) return usual;
      const own: Partial<Record<AlgorithmLine, string>> = realStep.lines;
      return {
        title: label,
        lines: usual.lines.map(({ name, text }) => ({
          name,
          text: own[name] === undefined ? text : sayOr(`methods.${method}.lines.${name}`, own[name]),
        })),
      };
    }
    case 'generative':
      return algorithm('generative');
    case 'hybrid':
      return algorithm('hybrid');
    default:
      return null;
  }
}

/** A stage of a step, in the order in which a step can have them. `part` is a part of the method's own description. */
export type StageName =
  | 'incoming'
  | 'virtual'
  | 'candidates'
  | 'sorting'
  | 'climb'
  | 'retrieved'
  | 'drawn'
  | 'part'
  | 'real';

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
  const incoming = stage('incoming', say('step.incomingNew', { images }), 'batch');
  const real = stage('real', say('step.realStep'), 'step', 'store');
  if (typeof flow !== 'string') {
    return [incoming, ...(flowParts(method) ?? []).map(({ title }, part) => ({ ...stage('part', title), part }))];
  }
  const found = trace?.retrieval ?? null;
  if (found === null || retrievedCount(found) === 0)
    return [incoming, stage('real', say('step.realStep'), 'step', 'store')];
  if (found.used === 'random') return [incoming, stage('drawn', say('step.drawnAtRandom'), 'draw', 'take'), real];
  const virtual = stage('virtual', say('step.virtualStepOnACopy'), 'virtual');
  switch (found.kind) {
    case 'memory':
      return [
        incoming,
        virtual,
        stage('candidates', say('step.memoriesScored', { count: found.candidates.length }), 'draw', 'score'),
        stage('sorting', say('step.sortedByTheDifference'), 'sort'),
        stage('retrieved', say('step.theMostHurtAreTaken', { count: found.mirPicks.length }), 'take'),
        real,
      ];
    case 'generated':
      return [
        incoming,
        virtual,
        stage('climb', say('step.latentsClimb'), 'draw', 'score'),
        stage('retrieved', say('step.foundReplayed'), 'take'),
        real,
      ];
    case 'latents':
      return [
        incoming,
        virtual,
        stage('climb', say('step.latentsClimb'), 'score'),
        stage('retrieved', say('step.theNearestStoredAreTaken'), 'draw', 'take'),
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
