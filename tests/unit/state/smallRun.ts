import { defaultExperiment, type ExperimentConfig, laneConfigs } from '../../../src/core/config.ts';
import type { EvaluationEvent } from '../../../src/core/events.ts';
import type { PageEvent } from '../../../src/link/protocol.ts';
import { nothingAsked } from '../../../src/state/asked.ts';
import type { LabState, LaneTrace, ShownRun } from '../../../src/state/labState.ts';

const config: ExperimentConfig = { ...defaultExperiment, lanes: ['er', 'er-mir'], seed: 4 };

const evaluated: EvaluationEvent = {
  kind: 'evaluated',
  lane: 0,
  method: 'er',
  retrieval: 'random',
  seed: 4,
  step: 0,
  task: 1,
  set: 'subset',
  testImages: 100,
  taskEnd: false,
  accuracyByTask: [0.11, null],
  averageAccuracy: 0.11,
  averageForgetting: null,
  elboByTask: null,
  elbo: null,
};

export const smallTrace: LaneTrace = {
  step: 12,
  task: 2,
  incoming: [{ sample: 5, label: 2, task: 2 }],
  loss: 0.4,
  learningRate: 0.1,
  losses: null,
  retrieval: null,
  figures: null,
  thumbnails: {
    candidates: new Uint8Array(0),
    incoming: new Uint8Array([1, 2]),
    mirPicks: new Uint8Array(0),
    randomPicks: new Uint8Array(0),
  },
};

/** A run of two tasks, stopped after 12 of 20 steps. */
export const smallRun: ShownRun = {
  config,
  runConfigs: laneConfigs(config),
  lanes: [
    {
      method: 'er',
      retrieval: 'random',
      evaluations: [
        evaluated,
        { ...evaluated, step: 10, set: 'complete', taskEnd: true, averageAccuracy: 0.97, accuracyByTask: [0.97, null] },
      ],
      losses: [2.3, 1.9, 1.2],
      counts: { replayedByClass: [3, 1], replayedByTask: [4, 0], storedByClass: [5, 5], storedByTask: [10, 0] },
      trace: null,
      reconstructions: null,
      replacedLatents: 0,
      stopped: null,
    },
    {
      method: 'er-mir',
      retrieval: 'random',
      evaluations: [{ ...evaluated, lane: 1, method: 'er-mir', retrieval: 'mir' }],
      losses: [2.3],
      counts: null,
      trace: smallTrace,
      reconstructions: null,
      replacedLatents: 0,
      stopped: 'The loss of step 2 is not a finite number.',
      stop: { what: 'loss', step: 2, setting: 'learningRate', value: 0.05, smaller: 0.005 },
    },
  ],
  tasks: [
    { number: 1, classes: [0, 1], steps: 10, trainingImages: 100, testImages: 60 },
    { number: 2, classes: [2, 3], steps: 10, trainingImages: 100, testImages: 40 },
  ],
  totalSteps: 20,
  step: 12,
  task: 2,
  evaluation: { interval: 10, size: 100 },
  imageShape: [28, 28, 1],
  classNames: ['0', '1', '2', '3'],
  data: { name: 'MNIST', trainingImages: 60_000, testImages: 10_000, labels: -7 },
  changes: [{ lane: 1, step: 3, retrieval: 'random' }],
  evaluating: null,
  preparing: null,
  backend: {
    name: 'wasm',
    device: 'processor, 1 thread',
    hardware: false,
    passedOver: [{ name: 'webgpu', reason: 'This browser has no WebGPU.' }],
  },
  engineVersion: '0.1.0',
};

/** A page that plays it as its third run. */
export const smallState: LabState = {
  run: 3,
  id: 'three',
  checkpoint: null,
  config,
  backendChoice: 'auto',
  speed: null,
  phase: { kind: 'playing' },
  shown: smallRun,
  stepsPerSecond: 10,
  taskImages: [],
  asked: nothingAsked,
  notices: [],
  opening: null,
  partialData: null,
};

/** What a lane may have replayed and stored by some step. */
export const smallCounts = { replayedByClass: [9], replayedByTask: [9], storedByClass: [1], storedByTask: [1] };

/** A start of lanes such as its own, with other numbers. */
export const smallStart = {
  kind: 'started',
  lanes: smallRun.runConfigs,
  tasks: smallRun.tasks,
  totalSteps: 500,
  evaluation: { interval: 5, size: 50 },
  imageShape: [6, 6, 1],
  classNames: ['a'],
  data: { name: 'Fashion-MNIST from your files', trainingImages: 60_000, testImages: 10_000, labels: 3 },
} as const satisfies PageEvent;
