import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import wasmThreadedSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import { type Checkpoint, CheckpointError } from '../core/checkpoint.ts';
import { DataError } from '../core/dataset.ts';
import type { BackendReport } from '../core/events.ts';
import { GraphicsFailure } from '../engine/programs/runProgram.ts';
import type { Facts, Failure, WorkerNotice } from '../link/protocol.ts';
import { toldIfSlow } from './pace.ts';

/**
 * An error, or anything else that was thrown, as plain data that can cross to the page.
 *
 * @param advice what to do about it, as a sentence that follows the message
 */
export function failureOf(error: unknown, advice = ''): Failure {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const said = message || name;
  const facts = factsOf(error);
  return {
    name,
    message: advice ? `${/[.!?]$/.test(said) ? said : `${said}.`} ${advice}` : said,
    stack,
    ...(facts && { facts }),
  };
}

function factsOf(error: unknown): Facts | null {
  if (error instanceof GraphicsFailure) return { kind: 'card', trouble: error.trouble };
  if (error instanceof DataError && error.fault !== null) return { kind: 'data', file: error.file, fault: error.fault };
  if (error instanceof CheckpointError) return { kind: 'checkpoint', fault: error.fault };
  return null;
}

/** Where a run stands when its graphics card cannot go on. */
export interface Stop {
  /** Why, as a sentence. */
  readonly reason: string;
  /** Null where the card itself says nothing. */
  readonly failure: GraphicsFailure | null;
  /** The last step that was taken. */
  readonly step: number;
  /** Where the run goes on; null if it starts again. */
  readonly checkpoint: Checkpoint | null;
}

/** Says that a run begins with WASM, since the graphics card cannot. */
export function wasmNotice({ message, trouble }: GraphicsFailure): WorkerNotice {
  const text = `${message} The run goes on with WASM.`;
  return { kind: 'notice', text, facts: { kind: 'recovered', trouble, step: 0, from: null, on: 'wasm' } };
}

/** Starts a backend, or another in its place; calls `onPreparing` when programs of a graphics card are about to be made. */
type Start = (onPreparing: () => void, instead?: 'wasm') => Promise<BackendReport>;

/** Milliseconds of getting a graphics card ready that need no words. */
const quietPreparing = 500;

/**
 * Starts a backend, or wasm where the graphics card cannot begin.
 *
 * @param preparing hears whether programs of the card are being made, where that takes a while
 */
export async function startOrWasm(
  start: Start,
  preparing: (busy: boolean) => void,
  notify: (notice: WorkerNotice) => void,
): Promise<BackendReport> {
  try {
    return await toldIfSlow(start, quietPreparing, preparing);
  } catch (error) {
    if (!(error instanceof GraphicsFailure)) throw error;
    notify(wasmNotice(error));
    return await start(() => undefined, 'wasm');
  }
}

/** Says that a run waits in its middle, since images that it needs cannot be had. */
export function waitingNotice(error: DataError): WorkerNotice {
  const { file, fault, message } = error;
  const text = `${message} The run waits for these images; Play tries again.`;
  return { kind: 'notice', text, ...(fault && { facts: { kind: 'waits', file, fault } }) };
}

/** Says once what happened and how the run goes on: on the card, on wasm, or, paused and shown as it was, when it is played. */
export function recoveryNotice(
  { reason, failure, step, checkpoint }: Stop,
  on: Extract<Facts, { kind: 'recovered' }>['on'],
): WorkerNotice {
  const from = checkpoint && { task: checkpoint.task, step: checkpoint.step };
  const place = from && `goes on from the end of task ${from.task} (step ${from.step})`;
  const ways = {
    card: `and ${place ?? 'starts again'} on the graphics card, asked for anew.`,
    wasm: `and ${place ?? 'starts again'} with WASM.`,
    paused: `and is shown as it was; Play ${place ?? 'starts it again'}.`,
  };
  const text = `${reason} The run stopped${step > 0 ? ` at step ${step}` : ''} ${ways[on]}`;
  return { kind: 'notice', text, facts: { kind: 'recovered', trouble: failure?.trouble ?? null, step, from, on } };
}

/**
 * Whether a graphics card is worth another try: it was lost, which a reset of its driver or a computer that slept can
 * do. One that is lost again before the run has got any further is not.
 */
export class SecondChance {
  /** The checkpoint with which a device was last asked for anew; undefined before that. */
  #lostAt: Checkpoint | null | undefined = undefined;

  take(failure: GraphicsFailure | null, checkpoint: Checkpoint | null): boolean {
    if (failure?.trouble !== 'lost' || this.#lostAt === checkpoint) return false;
    this.#lostAt = checkpoint;
    return true;
  }
}

/** Whether a backend computes on a graphics card, imitated ones included. */
export function usesCard({ name }: BackendReport): boolean {
  return name === 'webgpu' || name === 'webgl';
}

/** What a graphics card says of an error, and a sentence; where it says nothing, one of the error itself. */
export function brokenBy(error: unknown): { readonly failure: GraphicsFailure | null; readonly reason: string } {
  const { message } = failureOf(error);
  if (error instanceof GraphicsFailure) return { failure: error, reason: message };
  return { failure: null, reason: `Training on the graphics card failed: ${message.replace(/\.$/, '')}.` };
}

/**
 * Starts the backend that was chosen once more, or wasm.
 *
 * @param lost the backend that cannot go on, and why
 * @param onCard whether the card is worth another try
 */
export async function startAnew(
  start: Start,
  lost: BackendReport['passedOver'][number],
  onCard: boolean,
): Promise<BackendReport> {
  const ignore = () => undefined;
  const again = onCard ? await start(ignore).catch(() => null) : null;
  if (again !== null) return again;
  const { passedOver, ...other } = await start(ignore, 'wasm');
  return { ...other, passedOver: [...passedOver, lost] };
}

/** The places of the wasm backend's files on the built site, by the names that TensorFlow.js asks for. */
export const wasmFiles = {
  'tfjs-backend-wasm.wasm': wasmPlain,
  'tfjs-backend-wasm-simd.wasm': wasmSimd,
  'tfjs-backend-wasm-threaded-simd.wasm': wasmThreadedSimd,
};
