import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultExperiment,
  experimentConfigSchema,
  initialRetrieval,
  isIdle,
  laneConfigs,
  methodNames,
  methodsOf,
  parseExperiment,
  parseRun,
  runConfigSchema,
} from '../../../src/core/config.ts';
import { storedRunConfigSchema } from '../../../src/core/storedRun.ts';

describe('configuration', () => {
  it('is the paper’s for Split MNIST by default', () => {
    expect(parseExperiment({})).toEqual({ config: defaultExperiment, problems: [] });
    expect(defaultExperiment).toMatchObject({
      learningRate: 0.1,
      candidates: 50,
      budget: 10,
      memoryPerClass: 50,
      samplesPerTask: 1_000,
      hidden: 400,
      retrievalScore: 'mi2',
      iterations: 1,
    });
  });

  it('keeps what is right and names what is wrong, with what is allowed', () => {
    const { config, problems } = parseExperiment({
      hidden: 64,
      budget: 0,
      lanes: ['er', 'magic'],
      colour: 'red',
      seed: 1.5,
      learningRate: NaN,
    });
    expect(config).toEqual({ ...defaultExperiment, hidden: 64 });
    expect(problems.map(({ field }) => field)).toEqual(['budget', 'lanes', 'colour', 'seed', 'learningRate']);
    expect(problems[0].message).toBe('budget is 0; allowed is a whole number from 1 to 100.');
    expect(problems[1].message).toBe(
      'lanes is ["er","magic"]; allowed is 1 to 4 of: fine-tune, er, er-mir, gem, icarl, gen, gen-mir, ae-er, ae-mir, iid-online, iid-offline.',
    );
    expect(problems[2].message).toMatch(/^colour is not a setting; there are: scenario, /);
    expect(problems[3].allowed).toBe('a whole number from 0 to 2147483647');
    expect(problems[4].allowed).toBe('a number from 0.000001 to 100');
  });

  it('says what an interval may be', () => {
    expect(parseRun({ evaluationInterval: 0 }).problems[0].message).toBe(
      'evaluationInterval is 0; allowed is auto or a whole number from 1 to 10000.',
    );
    expect(parseRun({ evaluationInterval: 'auto', evaluationSize: 10 }).problems).toEqual([]);
  });

  it('always gives a valid configuration, whatever it is fed', () => {
    const fields = fc.constantFrom(
      ...Object.keys(experimentConfigSchema.shape),
      '__proto__',
      'constructor',
      'toString',
      '',
    );
    fc.assert(
      fc.property(fc.dictionary(fields, fc.anything()), (values) => {
        expect(experimentConfigSchema.safeParse(parseExperiment(values).config).success).toBe(true);
      }),
    );
  });

  it('knows which settings a method does not heed, and which methods a scenario allows', () => {
    expect(isIdle('vaeHidden', 'er')).toBe(true);
    expect(isIdle('vaeHidden', 'gen-mir')).toBe(false);
    expect(isIdle('aeEpochs', 'gen')).toBe(true);
    expect(isIdle('aeEpochs', 'ae-er')).toBe(false);
    expect(isIdle('learningRate', 'gen')).toBe(false);
    expect(methodsOf('split-mnist')).toEqual(methodNames.filter((name) => !name.startsWith('ae-')));
    expect(methodsOf('permuted-mnist')).not.toContain('icarl');
    expect(methodsOf('split-cifar10')).toEqual(methodNames.filter((name) => !name.startsWith('gen')));
    expect(methodsOf('split-miniimagenet')).toEqual(methodNames.filter((name) => !/^(gen|ae)/.test(name)));
  });

  it('completes a stored run that is older than generative replay, and corrects nothing', () => {
    const config = parseRun({ scenario: 'permuted-mnist', method: 'er-mir', seed: 4 }).config;
    const old = Object.fromEntries(Object.entries(config).filter(([name]) => !isIdle(name, 'er')));
    expect(Object.keys(old)).not.toContain('vaeHidden');
    expect(storedRunConfigSchema.parse(old)).toEqual(config);
    expect(storedRunConfigSchema.parse({ ...old, genDropout: 0.4 })).toEqual({ ...config, genDropout: 0.4 });
    expect(storedRunConfigSchema.safeParse({ ...old, genDropout: 4 }).success).toBe(false);
    expect(storedRunConfigSchema.safeParse({ ...old, budget: undefined }).success).toBe(false);
    expect(storedRunConfigSchema.safeParse('er').success).toBe(false);
  });

  it('gives each lane the shared settings and its own method', () => {
    const runs = laneConfigs({ ...defaultExperiment, seed: 3, lanes: [...methodNames].slice(0, 4) });
    expect(runs.map(({ method }) => method)).toEqual(methodNames.slice(0, 4));
    for (const run of runs) expect(runConfigSchema.parse(run).seed).toBe(3);
    expect(methodNames.map(initialRetrieval)).toEqual([
      null,
      'random',
      'mir',
      null,
      null,
      'random',
      'mir',
      'random',
      'mir',
      null,
      null,
    ]);
  });
});
