import type { MethodName } from '../engine/config.ts';

/** Whether a method replays what a generator makes up. */
export function isGenerative(method: MethodName): boolean {
  return method === 'gen' || method === 'gen-mir';
}

/** Whether a method replays stored latents, decoded. */
export function isHybrid(method: MethodName): boolean {
  return method === 'ae-er' || method === 'ae-mir';
}
