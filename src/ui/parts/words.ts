import type { BackendName, Retrieval, ScenarioName, ScoreName } from '../../core/config.ts';
import { initialRetrieval, methods } from '../../core/methods.ts';
import type { LaneState } from '../../state/labState.ts';

export const scenarioWords: Readonly<Record<ScenarioName, string>> = {
  'split-mnist': 'Split MNIST',
  'permuted-mnist': 'Permuted MNIST',
  'split-cifar10': 'Split CIFAR-10',
  'split-miniimagenet': 'MiniImagenet',
};

/** What each scenario is made of, as a sentence. */
export const scenarioSentences: Readonly<Record<ScenarioName, string>> = {
  'split-mnist': 'Handwritten digits, two a task: five tasks.',
  'permuted-mnist':
    'All ten digits in each of ten tasks, from the second on with their pixels shuffled, in each task in another way.',
  'split-cifar10': 'Small photographs of ten kinds of things, two a task: five tasks.',
  'split-miniimagenet': 'Photographs of a hundred kinds of things, five a task: twenty tasks. You need your own copy.',
};

/** What the images of a scenario are called: the classes of MNIST are digits. */
export function imageWord(scenario: ScenarioName): 'digits' | 'images' {
  return scenario === 'split-mnist' || scenario === 'permuted-mnist' ? 'digits' : 'images';
}

const listed = new Intl.ListFormat('en', { type: 'conjunction' });

/** Some classes by name: "airplane and automobile". */
export function classList(classes: readonly number[], classNames: readonly string[]): string {
  return listed.format(classes.map((label) => classNames[label] ?? String(label)));
}

export const retrievalWords: Readonly<Record<Retrieval, string>> = { random: 'Random', mir: 'MIR' };

export const scoreWords: Readonly<Record<ScoreName, string>> = { mi1: 'MI-1', mi2: 'MI-2' };

export const backendWords: Readonly<Record<BackendName, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WASM',
  cpu: 'CPU',
};

/** A class's name where there is little room: "automobile" → "auto.". */
export function shortClassName(name: string): string {
  return name.length <= 5 ? name : `${name.slice(0, 4)}.`;
}

/** "Digit 3" of MNIST, "Cat" of CIFAR-10; names that are no words stay as they are. */
export function spokenClass(label: number, classNames: readonly string[]): string {
  const name = classNames[label] ?? String(label);
  if (/^\d+$/.test(name)) return `Digit ${name}`;
  return /^[a-z ]+$/.test(name) ? name[0].toUpperCase() + name.slice(1) : name;
}

/** "Digit 3, task 2". */
export function spokenSample(label: number, task: number, classNames: readonly string[]): string {
  return `${spokenClass(label, classNames)}, task ${task}`;
}

/** "ER", or "ER, now MIR" once the viewer has changed the retrieval. */
export function laneWords(lane: Pick<LaneState, 'method' | 'retrieval'>): string {
  const method = methods[lane.method].label;
  if (lane.retrieval === null || lane.retrieval === initialRetrieval(lane.method)) return method;
  return `${method}, now ${retrievalWords[lane.retrieval]}`;
}

const minus = '−';

/** A fraction as a percentage without its sign: 0.7143 → "71.4"; "–" where there is no number. */
export function percent(fraction: number | null | undefined, digits = 1): string {
  if (fraction === null || fraction === undefined || !Number.isFinite(fraction)) return '–';
  const text = (100 * fraction).toFixed(digits);
  return text.startsWith('-') ? (Number(text) === 0 ? text.slice(1) : minus + text.slice(1)) : text;
}

/** A fraction in whole percent that says "100%" only of all, and "0%" only of none. */
export function wholeShare(fraction: number): string {
  const rounded = Math.round(100 * fraction);
  const honest = fraction < 1 && fraction > 0 ? Math.min(99, Math.max(1, rounded)) : rounded;
  return `${honest}%`;
}

/** A score with its sign, at most five characters up to 999: 2.413 → "+2.41", −12.34 → "−12.3". */
export function signedScore(score: number): string {
  if (!Number.isFinite(score)) return score > 0 ? '+∞' : score < 0 ? `${minus}∞` : '?';
  const size = Math.abs(score);
  const text = size.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
  const sign = Number(text) === 0 || score > 0 ? '+' : minus;
  return sign + text;
}

/** A loss in nats, at most four characters up to 999,499: 0.05, 12.3, 104, 12k. */
export function plainLoss(loss: number): string {
  if (loss >= 999.5 && loss < 1e15) return `${Math.round(loss / 1_000)}k`;
  return signedScore(loss).replace('+', '');
}

/** Nats per image, for −ELBO: one decimal, "–" where there is no number. */
export function nats(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(1).replace('-', minus);
}

/** Steps per second, with one decimal below 10. */
export function rate(stepsPerSecond: number): string {
  return stepsPerSecond < 9.95 ? stepsPerSecond.toFixed(1) : Math.round(stepsPerSecond).toLocaleString('en');
}

/** Bytes in megabytes, one decimal: 2,411,724 → "2.4 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}

/** What a chart over the steps of a run draws: fractions, in percent. */
export type CurveMetric = 'averageAccuracy' | 'averageForgetting';

/** The same, and −ELBO, in nats. */
export type RunMetric = CurveMetric | 'negativeElbo';

/** What a chart is of, in words. */
interface MetricWords {
  /** The region's name. */
  readonly title: string;
  /** The title with its unit, for the eye. */
  readonly heading: string;
  readonly explanation: string;
}

export const metricWords: Readonly<Record<RunMetric, MetricWords>> = {
  averageAccuracy: {
    title: 'Average accuracy',
    heading: 'Average accuracy, %',
    explanation:
      'The share of test images that a lane names right: the mean over the tasks seen so far. Higher is better.',
  },
  averageForgetting: {
    title: 'Average forgetting',
    heading: 'Average forgetting, %',
    explanation:
      'How far the accuracy on each earlier task has fallen from the best it ever was, on average. Lower is better.',
  },
  negativeElbo: {
    title: 'Negative ELBO',
    heading: '−ELBO, nats',
    explanation:
      'How badly a lane’s generator knows the test images: the negative evidence lower bound at β = 1, in nats per image, the mean over the tasks seen so far. It is what a reconstruction costs plus what its code costs (KL). Lower is better. The untrained generator of step 0 is left out.',
  },
};
