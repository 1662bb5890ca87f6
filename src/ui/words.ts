import type { BackendName, MethodName, Retrieval, ScenarioName, ScoreName } from '../engine/config.ts';
import type { LaneState } from '../state/labState.ts';
import { initialRetrieval } from '../engine/config.ts';
import { isGenerative } from '../state/methodFamily.ts';

export const methodWords: Readonly<Record<MethodName, string>> = {
  'fine-tune': 'Fine-tune',
  er: 'ER',
  'er-mir': 'ER-MIR',
  gem: 'GEM',
  icarl: 'iCaRL',
  gen: 'GEN',
  'gen-mir': 'GEN-MIR',
  'ae-er': 'AE-ER',
  'ae-mir': 'AE-MIR',
  'iid-online': 'iid online',
  'iid-offline': 'iid offline',
};

/** What each method does, as a sentence. */
export const methodSentences: Readonly<Record<MethodName, string>> = {
  'fine-tune': 'Learns from the incoming batch alone and replays nothing: the lower bound.',
  er: 'Experience replay: a random draw from the memory is learnt again with every batch.',
  'er-mir': 'Experience replay of the memories that the coming update would hurt most.',
  gem: 'Bends each step so that, by its gradients, it hurts no earlier task: Gradient Episodic Memory.',
  icarl: 'Keeps the most typical images of each class, and names a new image by the class whose mean is nearest.',
  gen: 'Generative replay: a generator learns the stream too, and what it dreams up is learnt again. No image is kept.',
  'gen-mir': 'Generative replay of the dreams that the coming update would hurt most, found by climbing in the space of latents.',
  'ae-er': 'Hybrid replay: an autoencoder shrinks images to latents; a random draw of them is decoded and learnt again.',
  'ae-mir': 'Hybrid replay of the stored latents nearest to where the coming update would hurt most.',
  'iid-online': 'Sees all tasks shuffled together, once: what forgetting costs, left out.',
  'iid-offline': 'Sees all tasks shuffled together, five times: the upper bound.',
};

export const scenarioWords: Readonly<Record<ScenarioName, string>> = {
  'split-mnist': 'Split MNIST',
  'permuted-mnist': 'Permuted MNIST',
  'split-cifar10': 'Split CIFAR-10',
  'split-miniimagenet': 'MiniImagenet',
};

/** What each scenario is made of, as a sentence. */
export const scenarioSentences: Readonly<Record<ScenarioName, string>> = {
  'split-mnist': 'Handwritten digits, two a task: five tasks.',
  'permuted-mnist': 'All ten digits in each of ten tasks, from the second on with their pixels shuffled, in each task in another way.',
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

/** "ER", or "ER, now MIR" once the viewer has changed the retrieval. */
export function laneWords(lane: Pick<LaneState, 'method' | 'retrieval'>): string {
  const method = methodWords[lane.method];
  if (lane.retrieval === null || lane.retrieval === initialRetrieval(lane.method)) return method;
  return `${method}, now ${retrievalWords[lane.retrieval]}`;
}

/** Whether a method keeps images of earlier tasks, or their latents. */
export function keepsMemory(method: MethodName): boolean {
  return (initialRetrieval(method) !== null && !isGenerative(method)) || method === 'gem' || method === 'icarl';
}

/** Whether a method learns the tasks one after another, so that it can forget. */
export function seesTasksInOrder(method: MethodName): boolean {
  return method !== 'iid-online' && method !== 'iid-offline';
}

/** "task 1", "tasks 1 and 2", "tasks 1–4". */
export function taskSpan(last: number): string {
  if (last === 1) return 'task 1';
  return last === 2 ? 'tasks 1 and 2' : `tasks 1–${last}`;
}
