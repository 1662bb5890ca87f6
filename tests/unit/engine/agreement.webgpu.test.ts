import { describe, it } from 'vitest';
import { defaultSettings, type RunConfig } from '../../../src/core/config.ts';
import { aGem } from '../../../src/engine/methods/aGem.ts';
import { derPp } from '../../../src/engine/methods/der.ts';
import { erAce } from '../../../src/engine/methods/erAce.ts';
import { ewc } from '../../../src/engine/methods/ewc.ts';
import { gem } from '../../../src/engine/methods/gem.ts';
import { lwf } from '../../../src/engine/methods/lwf.ts';
import { startTestWebgpu } from './startTestWebgpu.ts';
import { syntheticDataset } from './syntheticDataset.ts';
import { expectAgreementWithCpu } from './agreementWithCpu.ts';

const webgpu = await startTestWebgpu();

/** Those with a decoder stand in decoders.webgpu.test.ts. */
const episodic: RunConfig = {
  ...defaultSettings,
  method: 'gem',
  samplesPerTask: 40,
  memoryPerClass: 3,
  seed: 3,
};

const replaying: RunConfig = { ...episodic, candidates: 12, budget: 4 };

describe.runIf(webgpu !== null)('methods that have no fast form, on webgpu', () => {
  it.each([
    ['GEM', gem, episodic],
    ['DER++-MIR', derPp, { ...replaying, method: 'der-pp-mir' }],
    ['ER-ACE-MIR', erAce, { ...replaying, method: 'er-ace-mir' }],
    ['A-GEM', aGem, { ...replaying, method: 'a-gem' }],
    ['EWC', ewc, { ...replaying, method: 'ewc' }],
    ['LwF', lwf, { ...replaying, method: 'lwf' }],
  ] as const)('learn and make what they do on cpu, to 1e-3: %s', (_, create, config) =>
    expectAgreementWithCpu(create, config, syntheticDataset(60, 10)),
  );
});
