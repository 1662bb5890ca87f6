/**
 * What stands in for `@tensorflow/tfjs` in the built page: its core, with gradients and chained operations, as the
 * package itself registers them. Its layers, converter and data parts, which nothing here uses, are left out; the
 * backends are fetched when they are started (engine/backends.ts).
 */
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';
import '@tensorflow/tfjs-core/dist/register_all_gradients';

// oxlint-disable-next-line eslint-js/no-restricted-syntax -- This stands in for a package, which is a barrel.
export * from '@tensorflow/tfjs-core';
