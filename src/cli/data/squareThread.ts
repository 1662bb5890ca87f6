import { parentPort } from 'node:worker_threads';
import { squareImage } from '../../engine/data/squareImage.ts';
import { decodeImage } from './decodeImage.ts';

/** A picture to make a square of. */
export interface SquareRequest {
  readonly job: number;
  readonly bytes: Uint8Array;
  readonly side: number;
}

/** The square, or why there is none. */
export type SquareAnswer =
  | { readonly kind: 'square'; readonly job: number; readonly square: Uint8Array }
  | { readonly kind: 'undecodable'; readonly job: number; readonly problem: string };

function answer({ job, bytes, side }: SquareRequest): SquareAnswer {
  try {
    return { kind: 'square', job, square: squareImage(decodeImage(bytes), side) };
  } catch (error) {
    return { kind: 'undecodable', job, problem: (error as Error).message };
  }
}

parentPort?.on('message', (request: SquareRequest) => parentPort?.postMessage(answer(request)));
