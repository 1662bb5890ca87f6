import { defaultDevice, init } from '@jax-js/jax';
import type { MakePeer } from '../../engine/benchmark/contest.ts';
import type { NodeBackendName } from '../nodeBackendName.ts';
import { UsageError } from '../usageError.ts';
import { jaxEr } from './jaxEr.ts';

/**
 * Starts jax-js on the backend of the same name. On wasm both libraries have one thread in Node.
 *
 * @throws UsageError if jax-js has no such backend, or it does not start
 */
export async function startJax(backend: NodeBackendName): Promise<MakePeer> {
  if (backend === 'cpu') throw new UsageError('--peers needs --backend wasm or webgpu; on cpu @jax-js/jax interprets operation by operation, for debugging alone.');
  const started = await init(backend);
  if (!started.includes(backend)) throw new UsageError(`--peers is given, but @jax-js/jax does not start on ${backend} here; leave --peers out.`);
  defaultDevice(backend);
  return jaxEr;
}
