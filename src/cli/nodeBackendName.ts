import { UsageError } from './usageError.ts';

/** Backends that run in Node; webgl needs a browser. */
export const nodeBackendNames = ['wasm', 'cpu', 'webgpu'] as const;
export type NodeBackendName = (typeof nodeBackendNames)[number];

/**
 * The backend that `--backend` names; wasm if the flag is missing.
 *
 * @throws UsageError if Node has no such backend
 */
export function parseNodeBackend(text: string | undefined): NodeBackendName {
  if (text === undefined) return 'wasm';
  const name = nodeBackendNames.find((known) => known === text);
  if (name === undefined) throw new UsageError(`--backend is "${text}"; allowed is one of ${nodeBackendNames.join(', ')}.`);
  return name;
}
