import { afterEach, describe, it, vi } from 'vitest';
import { defaultSettings, type RunConfig } from '../../../src/core/config.ts';
import { ae } from '../../../src/engine/methods/ae.ts';
import { gen } from '../../../src/engine/methods/gen.ts';
import { expectAgreementWithCpu } from './agreementWithCpu.ts';
import { courseOf, decoded, expectPlayedAsDirect, pictures } from './runner/playedCourse.ts';
import { everyTerm, smallGenerative } from './smallGenerative.ts';
import { startTestWebgpu } from './startTestWebgpu.ts';
import { syntheticDataset } from './syntheticDataset.ts';
import { syntheticPictures } from './syntheticPictures.ts';

const webgpu = await startTestWebgpu();

const generative: RunConfig = {
  ...defaultSettings,
  ...smallGenerative,
  ...everyTerm,
  method: 'gen-mir',
  vaeDropout: 0.2,
};
const hybrid: RunConfig = { ...pictures, samplesPerTask: 40 };

// They share a file because they share most of their programs, which take longer to compile than to run.
describe.runIf(webgpu !== null)('methods with a decoder, on webgpu', () => {
  afterEach(() => vi.restoreAllMocks());

  it.each(decoded)(
    '%s: two lanes, one a step behind, give bit for bit what the steps give directly, and make nothing while they play',
    (method) => expectPlayedAsDirect(courseOf(method)),
  );

  it.each([
    ['GEN-MIR on both networks, with every term', gen, generative, syntheticDataset(60, 10)],
    ['AE-MIR', ae, hybrid, syntheticPictures(8, 40, 10)],
  ] as const)('learn and make what they do on cpu, to 1e-3: %s', (_, create, config, dataset) =>
    expectAgreementWithCpu(create, config, dataset),
  );
});
