import {
  type BackendName,
  type Retrieval,
  type ScenarioName,
  type ScoreName,
  ownDifferences,
  type RunConfig,
  type SettingName,
  settingsSchema,
} from '../../core/config.ts';
import { type DataMark, datasetName, isPaperData } from '../../core/dataset.ts';
import type { FlowPart } from '../../core/catalogue/methodEntry.ts';
import { initialRetrieval, type MethodName, methods } from '../../core/methods.ts';
import { scenarios } from '../../core/scenarios.ts';
import type { LaneState } from '../../state/labState.ts';
import { fixed, list, number, percentage, plain } from '../../texts/numbers.ts';
import { say, sayOr, wordsOr } from '../../texts/say.ts';

export const scenarioWords: Readonly<Record<ScenarioName, string>> = {
  'split-mnist': 'Split MNIST',
  'permuted-mnist': 'Permuted MNIST',
  'split-cifar10': 'Split CIFAR-10',
  'split-miniimagenet': 'MiniImagenet',
};

/** What a scenario is called: "Split MNIST", and of other data in MNIST's form "Split Fashion-MNIST". */
export function scenarioName(scenario: ScenarioName, data: Pick<DataMark, 'name'> | null | undefined): string {
  const usual = scenarioWords[scenario];
  return data && !isPaperData(data) ? usual.replace(/MNIST$/, () => datasetName(data)) : usual;
}

/** What a run shows that gives scenarios their names: what it is of, and what it learns from. */
export interface NamingRun {
  readonly scenario: ScenarioName;
  readonly data: Pick<DataMark, 'name'> | null;
}

/**
 * What a scenario is called beside a run: what a person's files are called, they are called in every scenario on data of
 * their form.
 */
export function scenarioNameBeside(scenario: ScenarioName, run: NamingRun | null): string {
  const alike = run !== null && scenarios[scenario].dataset === scenarios[run.scenario].dataset;
  return scenarioName(scenario, alike ? run.data : null);
}

/** What a scenario is made of, as a sentence; of other data in MNIST's form without the digits. */
export function scenarioSentence(scenario: ScenarioName, run: NamingRun | null = null): string {
  const own = scenarioNameBeside(scenario, run) !== scenarioWords[scenario];
  return say(
    own ? `words.ownData.${scenario === 'permuted-mnist' ? scenario : 'split-mnist'}` : `words.scenarios.${scenario}`,
  );
}

/**
 * Whether the images of a scenario are digits: those are the classes of MNIST, but not of all data in its form.
 *
 * @param classNames of the data, where it is known
 */
export function showsDigits(scenario: ScenarioName, classNames: readonly string[] | null = null): boolean {
  const ofMnist = scenario === 'split-mnist' || scenario === 'permuted-mnist';
  return ofMnist && (classNames ?? []).every((name) => /^(EMNIST )?\d+$/.test(name));
}

/** What the images of a scenario are called: "digits" or "images". See {@link showsDigits}. */
export function imageWord(scenario: ScenarioName, classNames: readonly string[] | null = null): string {
  return showsDigits(scenario, classNames) ? say('words.digits') : say('words.images');
}

/** What a class is called: the dataset's own name of it, in the page's language where that has a word for it. */
export function className(label: number, classNames: readonly string[]): string {
  const name = classNames[label] ?? String(label);
  return wordsOr(`classes.${name}`, name);
}

/** Some classes by name: "airplane and automobile". */
export function classList(classes: readonly number[], classNames: readonly string[]): string {
  return list(classes.map((label) => className(label, classNames)));
}

/** What a method does, as a sentence. */
export function methodSentence(method: MethodName): string {
  return sayOr(`methods.${method}.sentence`, methods[method].sentence);
}

/** The parts of a step of a method that has its own; null where the memory, a generator or a decoder gives them. */
export function flowParts(method: MethodName): readonly FlowPart[] | null {
  const { flow } = methods[method];
  if (typeof flow === 'string') return null;
  return flow.map((part, index) => ({
    ...part,
    title: sayOr(`methods.${method}.flow.${index + 1}.title`, part.title),
    text: sayOr(`methods.${method}.flow.${index + 1}.text`, part.text),
  }));
}

/** How a method learns new images and memories together, in words; null where that is not its own. */
export function realStepWords(method: MethodName): string | null {
  const { realStep } = methods[method];
  return realStep === undefined ? null : sayOr(`methods.${method}.realStep`, realStep.text);
}

/** What a method does instead of picking memories, given what the images are called; null for methods that pick. */
export function insteadWords(method: MethodName, images: string): string | null {
  const { instead } = methods[method];
  return instead === null ? null : sayOr(`methods.${method}.instead`, instead(images), { images });
}

/** "Random" or "MIR". */
export function retrievalWord(retrieval: Retrieval): string {
  return retrieval === 'mir' ? 'MIR' : say('words.random');
}

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
  const name = className(label, classNames);
  if (/^\d+$/.test(name)) return say('words.digit', { name });
  return /^[\p{L} ]+$/u.test(name) ? name[0].toUpperCase() + name.slice(1) : name;
}

/** The same within a sentence: "digit 3", "cat". */
export function classInSentence(label: number, classNames: readonly string[]): string {
  const name = className(label, classNames);
  return /^\d+$/.test(name) ? say('words.digitInSentence', { name }) : name;
}

/** "Digit 3, task 2". */
export function spokenSample(label: number, task: number, classNames: readonly string[]): string {
  return say('words.sample', { name: spokenClass(label, classNames), task });
}

/** "ER", or "ER, now MIR" once the viewer has changed the retrieval. */
export function laneWords(lane: Pick<LaneState, 'method' | 'retrieval'>): string {
  const method = methods[lane.method].label;
  if (lane.retrieval === null || lane.retrieval === initialRetrieval(lane.method)) return method;
  return say('words.nowRetrieval', { method, retrieval: retrievalWord(lane.retrieval) });
}

const minus = '−';

/** A fraction as a percentage without its sign: 0.7143 → "71.4"; "–" where there is no number. */
export function percent(fraction: number | null | undefined, digits = 1): string {
  if (fraction === null || fraction === undefined || !Number.isFinite(fraction)) return '–';
  return fixed(100 * fraction, digits);
}

/** A fraction in whole percent that is 100 only of all, and 0 only of none. */
function wholePercent(fraction: number): number {
  const rounded = Math.round(100 * fraction);
  return fraction < 1 && fraction > 0 ? Math.min(99, Math.max(1, rounded)) : rounded;
}

/** A fraction in whole percent that says "100%" only of all, and "0%" only of none. */
export function wholeShare(fraction: number): string {
  return percentage(wholePercent(fraction) / 100, 0);
}

/** The same without its sign; "–" where there is no number. */
export function wholeShareNumber(fraction: number | null): string {
  return fraction === null || !Number.isFinite(fraction) ? '–' : fixed(wholePercent(fraction), 0);
}

/** A score with its sign, at most five characters up to 999: 2.413 → "+2.41", −12.34 → "−12.3". */
export function signedScore(score: number): string {
  if (!Number.isFinite(score)) return score > 0 ? '+∞' : score < 0 ? `${minus}∞` : '?';
  const size = Math.abs(score);
  const digits = size < 9.995 ? 2 : size < 99.95 ? 1 : 0;
  const sign = Number(size.toFixed(digits)) === 0 || score > 0 ? '+' : minus;
  return sign + fixed(size, digits);
}

/** A loss in nats, at most four characters up to 999,499: 0.05, 12.3, 104, 12k. */
export function plainLoss(loss: number): string {
  if (loss >= 999.5 && loss < 1e15) return `${Math.round(loss / 1_000)}k`;
  return signedScore(loss).replace('+', '');
}

/** Nats per image, for −ELBO: one decimal, "–" where there is no number. */
export function nats(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : fixed(value, 1);
}

/** Steps per second, with one decimal below 10. */
export function rate(stepsPerSecond: number): string {
  return stepsPerSecond < 9.95 ? fixed(stepsPerSecond, 1) : number(Math.round(stepsPerSecond));
}

/** Bytes in megabytes, one decimal: 2,411,724 → "2.4 MB". */
export function megabytes(bytes: number): string {
  return say('parts.mb', { amount: fixed(bytes / 1e6, 1) });
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

export function metricWords(metric: RunMetric): MetricWords {
  return {
    title: say(`words.metrics.${metric}.title`),
    heading: say(`words.metrics.${metric}.heading`),
    explanation: say(`words.metrics.${metric}.explanation`),
  };
}

/** A setting that the dialog offers; the scenario has its own place on the page. */
export type FormField = Exclude<SettingName, 'scenario'>;

export const formFields = Object.keys(settingsSchema.shape).filter((name) => name !== 'scenario') as FormField[];

/** A word that a setting allows beside numbers. */
export const wordBeside: Readonly<Partial<Record<FormField, 'auto' | 'off'>>> = {
  classOrderSeed: 'off',
  evaluationInterval: 'auto',
  evaluationSize: 'auto',
};

export function settingLabel(field: FormField): string {
  return say(`settings.fields.${field}.label`);
}

/** What a setting does, in a sentence for someone who sees it for the first time. */
export function settingExplanation(field: FormField): string {
  return say(`settings.fields.${field}.explanation`);
}

/** A setting's value as the page writes it: "0.05", in German "0,05"; words as they are. */
export function settingValue(value: string | number | readonly string[] | undefined): string {
  return typeof value === 'number' ? plain(value) : String(value);
}

/** Where a lane's settings are not those of the others, in words: "Iterations 5"; empty where none differ. */
export function differenceTexts(run: RunConfig, runs: readonly RunConfig[]): string[] {
  return ownDifferences(run, runs).flatMap((name) =>
    name === 'scenario' ? [] : [`${settingLabel(name)} ${settingValue(run[name])}`],
  );
}
