import wasmSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-simd.wasm?url';
import wasmThreadedSimd from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm-threaded-simd.wasm?url';
import wasmPlain from '@tensorflow/tfjs-backend-wasm/wasm-out/tfjs-backend-wasm.wasm?url';
import type { Checkpoint } from '../core/checkpoint.ts';
import type { BackendReport } from '../core/events.ts';
import { GraphicsFailure } from '../engine/programs/runProgram.ts';
import type { Failure } from '../link/protocol.ts';

/**
 * An error, or anything else that was thrown, as plain data that can cross to the page.
 *
 * @param advice what to do about it, as a sentence that follows the message
 */
export function failureOf(error: unknown, advice = ''): Failure {
  const { name, message, stack = '' } = error instanceof Error ? error : new Error(String(error));
  const said = message || name;
  return { name, message: advice ? `${/[.!?]$/.test(said) ? said : `${said}.`} ${advice}` : said, stack };
}

/** Where a run stands when its graphics card cannot go on. */
export interface Stop {
  /** Why, as a sentence. */
  readonly reason: string;
  /** The last step that was taken. */
  readonly step: number;
  /** Where the run goes on; null if it starts again. */
  readonly checkpoint: Checkpoint | null;
}

/** What a run goes on with. */
type Continuation =
  | 'card'
  | 'wasm'
  /** Not yet: the run is paused and shown as it was. */
  | 'paused';

/** Says once what happened and how the run goes on. */
export function recoveryWords({ reason, step, checkpoint }: Stop, on: Continuation): string {
  const reached = step > 0 ? ` at step ${step}` : '';
  const place = checkpoint && `goes on from the end of task ${checkpoint.task} (step ${checkpoint.step})`;
  switch (on) {
    case 'card':
      return `${reason} The run stopped${reached} and ${place ?? 'starts again'} on the graphics card, asked for anew.`;
    case 'wasm':
      return `${reason} The run stopped${reached} and ${place ?? 'starts again'} with WASM.`;
    case 'paused':
      return `${reason} The run stopped${reached} and is shown as it was; Play ${place ?? 'starts it again'}.`;
    default:
      return on satisfies never;
  }
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
  start: (onPreparing: () => void, instead?: 'wasm') => Promise<BackendReport>,
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
