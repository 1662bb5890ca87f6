import { type Entries, everywhere, ofDecoders, ofMemory, sequential } from './methodEntry.ts';

const seesAll = (images: string) => `Sees all ${images} shuffled together: nothing to replay, and nothing to forget.`;

/** The lower bound: nothing against forgetting. */
export const lowerBound = {
  'fine-tune': {
    label: 'Fine-tune',
    sentence: 'Learns from the incoming batch alone and replays nothing: the lower bound.',
    family: 'plain',
    retrieval: null,
    instead: () => 'Replays nothing: it learns from the incoming batch alone.',
    counterpart: null,
    baseline: 'er',
    companions: ['er', 'er-mir'],
    scenarios: everywhere,
    stream: sequential,
    memory: null,
    idle: [...ofMemory, ...ofDecoders],
    preset: {},
    flow: 'memory',
    paper: [
      { section: 'table-1.split-mnist', accuracy: [19.0, 0.2], forgetting: [97.8, 0.2] },
      { section: 'table-1.permuted-mnist', accuracy: [64.6, 1.7], forgetting: [15.2, 1.9] },
      { section: 'table-2.no-memory', accuracy: [18.4, null], forgetting: [85.4, null] },
    ],
  },
} as const satisfies Entries;

const bound = {
  family: 'bound',
  retrieval: null,
  instead: seesAll,
  counterpart: null,
  baseline: 'er',
  companions: ['er', 'er-mir'],
  scenarios: everywhere,
  memory: null,
  idle: [...ofMemory, ...ofDecoders],
  preset: {},
  flow: 'memory',
} as const;

/** The upper bounds: no tasks one after another, and so nothing to forget. */
export const upperBounds = {
  'iid-online': {
    label: 'iid online',
    tableLabel: 'i.i.d. online',
    sentence: 'Sees all tasks shuffled together, once: what forgetting costs, left out.',
    ...bound,
    stream: { kind: 'iid', passes: 1 },
    paper: [
      { section: 'table-1.split-mnist', accuracy: [86.8, 1.1] },
      { section: 'table-1.permuted-mnist', accuracy: [73.8, 1.2] },
      { section: 'table-2.no-memory', accuracy: [60.8, null] },
      { section: 'table-3', accuracy: [62.0, null] },
    ],
  },
  'iid-offline': {
    label: 'iid offline',
    tableLabel: 'i.i.d. offline',
    sentence: 'Sees all tasks shuffled together, five times: the upper bound.',
    ...bound,
    stream: { kind: 'iid', passes: 5 },
    paper: [
      { section: 'table-1.split-mnist', accuracy: [92.3, 0.5] },
      { section: 'table-1.permuted-mnist', accuracy: [86.6, 0.5] },
      { section: 'table-2.no-memory', accuracy: [79.2, null] },
    ],
  },
} as const satisfies Entries;
