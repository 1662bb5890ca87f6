import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  defaultExperiment,
  differingSettings,
  experimentConfigSchema,
  laneConfigs,
  ownDifferences,
  parseExperiment,
  presetConfig,
  renamed,
  runConfigSchema,
  scenarioNames,
} from '../../../src/core/config.ts';
import { methodNames, methodsOf } from '../../../src/core/methods.ts';
import { laterFields } from '../../../src/core/replaySettings.ts';
import { storedRunConfigSchema } from '../../../src/core/storedRun.ts';

describe('configuration', () => {
  it('is the paper’s for Split MNIST by default', () => {
    expect(parseExperiment({})).toEqual({ config: defaultExperiment, problems: [] });
    expect(defaultExperiment).toEqual({ scenario: 'split-mnist', seed: 0, lanes: ['fine-tune', 'er', 'er-mir'] });
    for (const run of laneConfigs(defaultExperiment))
      expect(run).toMatchObject({
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
    expect(problems[1].message).toBe(`lanes is ["er","magic"]; allowed is 1 to 4 of: ${methodNames.join(', ')}.`);
    expect(problems[2].message).toMatch(/^colour is not a setting; there are: scenario, /);
    expect(problems[3].allowed).toBe('a whole number from 0 to 2147483647');
    expect(problems[4].allowed).toBe('a number from 0.000001 to 100');
  });

  it('says what an interval may be', () => {
    expect(parseExperiment({ evaluationInterval: 0 }).problems[0].message).toBe(
      'evaluationInterval is 0; allowed is auto or a whole number from 1 to 10000.',
    );
    expect(parseExperiment({ evaluationInterval: 'auto', evaluationSize: 10 }).problems).toEqual([]);
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

  it('completes a stored run that is older than generative replay, and corrects nothing', () => {
    const config = presetConfig('permuted-mnist', 'er-mir', { seed: 4 });
    const old = Object.fromEntries(Object.entries(config).filter(([name]) => !Object.hasOwn(laterFields, name)));
    expect(Object.keys(old)).not.toContain('vaeHidden');
    expect(storedRunConfigSchema.parse(old)).toEqual(config);
    expect(storedRunConfigSchema.parse({ ...old, genDropout: 0.4 })).toEqual({ ...config, genDropout: 0.4 });
    expect(storedRunConfigSchema.safeParse({ ...old, genDropout: 4 }).success).toBe(false);
    expect(storedRunConfigSchema.safeParse({ ...old, budget: undefined }).success).toBe(false);
    expect(storedRunConfigSchema.safeParse('er').success).toBe(false);
  });

  it('gives each lane its method’s preset for the scenario, whatever runs beside it', () => {
    const [er, icarl] = laneConfigs({ scenario: 'split-mnist', seed: 3, lanes: ['er', 'icarl'] });
    expect([er.iterations, icarl.iterations]).toEqual([1, 5]);
    expect([er.seed, icarl.seed]).toEqual([3, 3]);
    const permuted = laneConfigs({ scenario: 'permuted-mnist', seed: 0, lanes: ['er', 'gem'] });
    expect(permuted.map(({ learningRate }) => learningRate)).toEqual([0.05, 0.2]);
    const cifar = laneConfigs({ scenario: 'split-cifar10', seed: 0, lanes: ['icarl', 'er-mir', 'gem'] });
    expect(cifar.map(({ learningRate, iterations }) => [learningRate, iterations])).toEqual([
      [0.03, 5],
      [0.1, 1],
      [0.1, 1],
    ]);
    for (const scenario of scenarioNames)
      for (const method of methodsOf(scenario)) {
        const alone = laneConfigs({ scenario, seed: 0, lanes: [method] });
        expect(alone).toEqual([presetConfig(scenario, method)]);
        expect(runConfigSchema.parse(alone[0])).toEqual(alone[0]);
        expect(laneConfigs({ scenario, seed: 0, lanes: ['er', method] })[1]).toEqual(alone[0]);
      }
  });

  it('puts a setting that is named into every lane', () => {
    const runs = laneConfigs({ scenario: 'split-cifar10', seed: 0, lanes: ['er', 'icarl'], iterations: 2, budget: 7 });
    expect(runs.map(({ iterations, budget, learningRate }) => [iterations, budget, learningRate])).toEqual([
      [2, 7, 0.1],
      [2, 7, 0.03],
    ]);
  });

  it('names settings, and leaves them to the methods again', () => {
    const named = renamed(defaultExperiment, { iterations: 5, budget: 3, seed: 9 });
    expect(named).toEqual({ ...defaultExperiment, iterations: 5, budget: 3, seed: 9 });
    expect(Object.keys(renamed(named, { iterations: undefined }))).toEqual(['scenario', 'seed', 'lanes', 'budget']);
  });

  it('tells in which settings runs differ, of those that they heed', () => {
    const runs = laneConfigs({ scenario: 'split-mnist', seed: 0, lanes: ['er', 'icarl', 'gen', 'gen-mir'] });
    expect(differingSettings(runs)).toEqual(['iterations', 'replayBatches', 'vaeDepth', 'vaeDropout']);
    expect(runs.map((run) => ownDifferences(run, runs))).toEqual([
      ['iterations'],
      ['iterations'],
      ['replayBatches', 'vaeDepth', 'vaeDropout'],
      ['replayBatches', 'vaeDepth', 'vaeDropout'],
    ]);
    expect(differingSettings(laneConfigs(defaultExperiment))).toEqual([]);
  });
});
