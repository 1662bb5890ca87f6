import type { Retrieval, ScenarioName, SettingName, Settings, SharedSettingName } from '../config.ts';
import type { PaperSection } from '../paperTable.ts';
import { generativeFields, hybridFields } from '../replaySettings.ts';

/** How a method takes its data: task after task, or all tasks shuffled together, in a number of passes. */
export type StreamOrder = { readonly kind: 'sequential' } | { readonly kind: 'iid'; readonly passes: number };

/**
 * How a method keeps from forgetting: not at all (`plain`), by seeing all tasks at once (`bound`), by gradients of the
 * past (`constrained`), by holding to the network as it was (`anchored`), by typical images (`exemplars`), by learning
 * old images again (`replay`), images that a generator makes (`generative`), or stored latents that a decoder turns into
 * images (`hybrid`).
 */
export type Family = 'plain' | 'bound' | 'constrained' | 'anchored' | 'exemplars' | 'replay' | 'generative' | 'hybrid';

/** One part of a step: what happens, as a formula and in words. */
export interface FlowPart {
  readonly title: string;
  readonly tex: string;
  readonly text: string;
  /** Which numbers of a traced step belong to it (core/stepFigures.ts; `losses`: those of the batch, before and after). */
  readonly shows?:
    | 'losses'
    | 'gradients'
    | 'products'
    | 'turned'
    | 'exemplars'
    | 'answers'
    | 'distilled'
    | 'importance'
    | 'penalty';
}

/** How a method learns new images and memories together. */
interface RealStep {
  readonly tex: string;
  readonly text: string;
  /** Lines of its algorithm that are not ER's. */
  readonly lines: { readonly step: string; readonly store?: string };
}

/** Settings that a method may have of its own; the others belong to the whole experiment. */
type OwnSettings = Omit<Settings, SharedSettingName>;

type Figures = readonly [mean: number, spread: number | null];

/** A row of the paper's tables: where it stands, and what the paper prints, in percent, −ELBO in nats. */
export interface PaperEntry {
  readonly section: PaperSection;
  readonly accuracy?: Figures;
  readonly forgetting?: Figures;
  readonly negativeElbo?: Figures;
  /** Tells rows of one method in one group apart, for example "classifier"; empty if left out. */
  readonly variant?: string;
  /** Where the row differs from the method's preset. */
  readonly change?: Partial<OwnSettings>;
}

/** Everything that anybody needs to know of a method without running it. */
export interface MethodEntry<Name extends string> {
  /** What the page calls it. */
  readonly label: string;
  /** What the paper's tables call it, if that is not its label. */
  readonly tableLabel?: string;
  /** What it does, as a sentence. */
  readonly sentence: string;
  readonly family: Family;
  /** The rule that picks what to replay at first; null if it picks nothing. */
  readonly retrieval: Retrieval | null;
  /**
   * What it does instead of picking memories, as sentences, given what the images are called ("digits"); null for
   * methods that pick.
   */
  readonly instead: ((images: string) => string) | null;
  /** The same method with the other retrieval, if that stands in the catalogue, too. A lane can be switched in any case. */
  readonly counterpart: Name | null;
  /** Whether memories of the current task may be replayed, too; methods without it replay earlier tasks' alone. */
  readonly replaysCurrentTask?: true;
  /** What tables compare it with in a group that has both: for a MIR method the same replay by chance, else ER. */
  readonly baseline: Name;
  /** The methods that are most worth seeing beside it, best first. */
  readonly companions: readonly Name[];
  readonly scenarios: readonly ScenarioName[];
  readonly stream: StreamOrder;
  /** What it keeps of earlier tasks. */
  readonly memory: 'images' | 'latents' | null;
  /** Settings that change nothing for it. */
  readonly idle: readonly SettingName[];
  /** Settings of its own: they change nothing for every method that does not name them here. */
  readonly own?: readonly SettingName[];
  /** Where it differs from its scenario's settings. */
  readonly preset: Readonly<Partial<Record<ScenarioName, Partial<OwnSettings>>>>;
  /** The stages of a step that the page draws, after the incoming batch. */
  readonly flow: 'memory' | 'generative' | 'hybrid' | readonly FlowPart[];
  /** Of a method with the flow `memory`: its real step, where that is not ER's. */
  readonly realStep?: RealStep;
  /** Its rows in the paper's tables. */
  readonly paper: readonly PaperEntry[];
}

/** A part of the catalogue. */
export type Entries = Readonly<Record<string, MethodEntry<string>>>;

export const everywhere: readonly ScenarioName[] = [
  'split-mnist',
  'permuted-mnist',
  'split-cifar10',
  'split-miniimagenet',
];

export const sequential = { kind: 'sequential' } as const;

/** Settings by what uses them, to name as idle. */
export const ofGenerators = Object.keys(generativeFields) as (keyof typeof generativeFields)[];
export const ofAutoencoders = Object.keys(hybridFields) as (keyof typeof hybridFields)[];
export const ofDecoders = [...ofGenerators, ...ofAutoencoders];
export const ofRetrieval = ['candidates', 'budget', 'retrievalScore'] as const;
export const ofMemory = ['memoryPerClass', ...ofRetrieval] as const;
