import { type Sharing, softwareSharing } from '../../../../src/engine/programs/dispatch.ts';

/**
 * Both forms of a product, whatever device a test runs on; with few threads in a workgroup, because an imitated card takes
 * seconds to compile what many share.
 */
export const sharings: readonly [string, Sharing][] = [
  ['an imitated card', softwareSharing],
  ['hardware', { lanes: 32, threads: 32_768 }],
];
