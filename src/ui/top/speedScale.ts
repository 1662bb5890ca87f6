import type { Speed } from '../../worker/protocol.ts';

/** The speeds of the slider, in steps per second; null is as fast as the machine goes. */
const speeds: readonly Speed[] = [1, 2, 5, 10, 20, 50, 100, null];

export const topPosition = speeds.length - 1;

export function speedAt(position: number): Speed {
  return speeds[position] ?? null;
}

/** The slider's position that comes closest to a speed. */
export function positionOf(speed: Speed): number {
  if (speed === null) return topPosition;
  const numbers = speeds.slice(0, topPosition).map((value) => Math.abs(Math.log((value ?? 1) / speed)));
  return numbers.indexOf(Math.min(...numbers));
}

export function speedWords(speed: Speed): string {
  return speed === null ? 'full speed' : `${speed} ${speed === 1 ? 'step' : 'steps'}/s`;
}
