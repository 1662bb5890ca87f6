import type { BackendName, RunConfig } from '../core/config.ts';
import { backendNames } from '../core/config.ts';
import type { StepTime } from '../core/events.ts';
import { engineVersion } from '../core/storedRun.ts';
import type { TrialPart } from './trialSteps.ts';

/** Where what was measured is kept from one visit to the next. Neither fails. */
export interface ChoiceStore {
  get(key: string): Promise<unknown>;
  set(key: string, times: readonly StepTime[]): Promise<void>;
}

/** What it takes to choose between backends for some lanes. */
export interface Choosing {
  readonly lanes: readonly RunConfig[];
  readonly store: ChoiceStore;
  /** Milliseconds since some moment. */
  readonly now: () => number;
  /** Called when programs of a graphics card are about to be made. */
  readonly onPreparing: () => void;
}

/** Milliseconds after which no new step begins: of the first backend, of all, and for a third one to be tried at all. */
const firstLimit = 1_200;
const limit = 2_000;
const thirdLimit = 1_000;
/** A backend that takes so many times as long as another is not looked at any further. */
const hopeless = 3;
const blocks = 3;
/** Steps that take less, in milliseconds, are timed so many together: what comes back has a way to go. */
const quick = 20;
const blockSteps = 10;

/** Where the answer for some lanes on some machine is kept; what does not change the work of a step is left out. */
export function choiceKey(device: string, threads: string, lanes: readonly RunConfig[]): string {
  return JSON.stringify([engineVersion, device, threads, lanes.map(work)]);
}

function work(config: RunConfig): Partial<RunConfig> {
  const { seed: _seed, samplesPerTask: _samples, learningRate: _rate, ...rest } = config;
  const { evaluationInterval: _interval, evaluationSize: _size, boundaryEvaluations: _boundary, ...others } = rest;
  return others;
}

/** What was kept, if it is what {@link timeBackends} gives. */
export function keptTimes(kept: unknown): readonly StepTime[] | null {
  if (!Array.isArray(kept) || kept.length < 2) return null;
  const times = kept as readonly Partial<StepTime>[];
  const whole = times.every(
    (time) =>
      typeof time === 'object' &&
      backendNames.some((name) => name === time.name) &&
      Number.isFinite(time.milliseconds) &&
      typeof time.atLeast === 'boolean',
  );
  return whole ? (times as readonly StepTime[]) : null;
}

/** The backend of the shortest step. */
export function quickest(times: readonly StepTime[]): StepTime {
  return times.reduce((best, time) => (time.milliseconds < best.milliseconds ? time : best));
}

/** What is done on each backend. */
export interface TrialParts {
  /** Makes a backend the current one. */
  readonly begin: (name: BackendName) => Promise<void>;
  readonly steps: (blockSteps: () => number) => AsyncGenerator<TrialPart, void, void>;
  readonly now: () => number;
}

/**
 * Times a few steps on each backend, for two seconds in all and the step that is then under way.
 *
 * @param first the backend that has started
 * @param others in the order in which they are tried; one that does not start or compute is left out
 * @returns null where the first was not ready in time, so that there is nothing to compare with
 * @throws what the first backend throws
 */
export async function timeBackends(
  first: BackendName,
  others: readonly BackendName[],
  parts: TrialParts,
): Promise<readonly StepTime[] | null> {
  const start = parts.now();
  const own = await timeOne(first, start + firstLimit, Infinity, parts);
  if (own === null) return null;
  const times = [own];
  for (const [index, name] of others.entries()) {
    const best = quickest(times).milliseconds;
    const clear = times.length > 1 && times.some(({ milliseconds }) => milliseconds > hopeless * best);
    if (index > 0 && (clear || parts.now() - start > thirdLimit)) continue;
    try {
      await parts.begin(name);
      const time = await timeOne(name, start + limit, hopeless * best, parts);
      if (time !== null) times.push(time);
    } catch {
      // It cannot be used here.
    }
  }
  return times;
}

async function timeOne(
  name: BackendName,
  deadline: number,
  tooLong: number,
  { steps, now }: TrialParts,
): Promise<StepTime | null> {
  // Graphics cards make a program when it is first used.
  const compiles = name === 'webgpu' || name === 'webgl';
  let best = Infinity;
  let timed = 0;
  let since = now();
  for await (const part of steps(() => (best < quick ? blockSteps : 1))) {
    const ended = now();
    const milliseconds = (ended - since) / part.steps;
    if (part.kind === 'steps') {
      best = Math.min(best, milliseconds);
      timed += 1;
      if (timed === blocks || best > tooLong) break;
    } else if (!compiles && milliseconds > tooLong) {
      // What comes later takes longer still.
      return { name, milliseconds, atLeast: true };
    }
    if (ended >= deadline) break;
    since = now();
  }
  return timed === 0 ? null : { name, milliseconds: best, atLeast: false };
}

/** Takes steps until all programs of some lanes have been made, or two seconds are over. */
export async function warmUp({ steps, now }: Omit<TrialParts, 'begin'>): Promise<void> {
  const start = now();
  for await (const { kind } of steps(() => 1)) if (kind !== 'filling' || now() - start >= limit) return;
}
