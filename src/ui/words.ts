import type { BackendName, MethodName, Retrieval, ScenarioName, ScoreName } from '../engine/config.ts';
import type { LaneState } from '../state/labState.ts';
import { initialRetrieval } from '../engine/config.ts';

export const methodWords: Readonly<Record<MethodName, string>> = {
  'fine-tune': 'Fine-tune',
  er: 'ER',
  'er-mir': 'ER-MIR',
  'iid-online': 'iid online',
  'iid-offline': 'iid offline',
};

/** What each method does, as a sentence. */
export const methodSentences: Readonly<Record<MethodName, string>> = {
  'fine-tune': 'Learns from the incoming batch alone and replays nothing: the lower bound.',
  er: 'Experience replay: a random draw from the memory is learnt again with every batch.',
  'er-mir': 'Experience replay of the memories that the coming update would hurt most.',
  'iid-online': 'Sees all tasks shuffled together, once: what forgetting costs, left out.',
  'iid-offline': 'Sees all tasks shuffled together, five times: the upper bound.',
};

export const scenarioWords: Readonly<Record<ScenarioName, string>> = { 'split-mnist': 'Split MNIST' };

export const retrievalWords: Readonly<Record<Retrieval, string>> = { random: 'Random', mir: 'MIR' };

export const scoreWords: Readonly<Record<ScoreName, string>> = { mi1: 'MI-1', mi2: 'MI-2' };

export const backendWords: Readonly<Record<BackendName, string>> = {
  webgpu: 'WebGPU',
  webgl: 'WebGL',
  wasm: 'WASM',
  cpu: 'CPU',
};

/** "ER", or "ER, now MIR" once the viewer has changed the retrieval. */
export function laneWords(lane: Pick<LaneState, 'method' | 'retrieval'>): string {
  const method = methodWords[lane.method];
  if (lane.retrieval === null || lane.retrieval === initialRetrieval(lane.method)) return method;
  return `${method}, now ${retrievalWords[lane.retrieval]}`;
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
