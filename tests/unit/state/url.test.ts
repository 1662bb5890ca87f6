import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultExperiment, experimentConfigSchema, laneConfigs } from '../../../src/core/config.ts';
import { methodNames, methodsOf } from '../../../src/core/methods.ts';
import { readAddress, readBackendChoice, readHash, writeHash } from '../../../src/state/url.ts';
import { anyExperiment } from './arbitraries.ts';

describe('an address', () => {
  it('names scenario, lanes and seed, and every setting that is named, in kebab case', () => {
    expect(writeHash(defaultExperiment)).toBe('scenario=split-mnist&lanes=fine-tune,er,er-mir&seed=0');
    const { scenario, lanes, seed } = defaultExperiment;
    expect(
      writeHash({
        betaMax: 0.5,
        retrievalScore: 'mi1',
        memoryPerClass: 20,
        evaluationSize: 'auto',
        scenario,
        lanes,
        seed,
      }),
    ).toBe(
      'scenario=split-mnist&lanes=fine-tune,er,er-mir&seed=0&memory-per-class=20&retrieval-score=mi1&evaluation-size=auto&beta-max=0.5',
    );
  });

  it('leaves each method its own settings, also those that lanes do not share', () => {
    const { config } = readHash(writeHash({ scenario: 'permuted-mnist', lanes: ['er', 'gem'], seed: 3 }));
    expect(laneConfigs(config).map(({ method, learningRate }) => [method, learningRate])).toEqual([
      ['er', 0.05],
      ['gem', 0.2],
    ]);
    expect(laneConfigs(readHash('lanes=er,icarl&iterations=2').config).map(({ iterations }) => iterations)).toEqual([
      2, 2,
    ]);
  });

  it('of a version that wrote every setting names them all', () => {
    const { config, problems } = readHash(
      'scenario=split-mnist&lanes=er,icarl&seed=0&memory-per-class=50&candidates=50&budget=10&learning-rate=0.1&iterations=1' +
        '&retrieval-score=mi2&samples-per-task=1000&hidden=400&filters=20&evaluation-interval=auto&evaluation-size=auto',
    );
    expect(problems).toEqual([]);
    expect(laneConfigs(config).map(({ iterations }) => iterations)).toEqual([1, 1]);
  });

  it('gives every configuration back, also after a browser has encoded it', () => {
    fc.assert(
      fc.property(anyExperiment, (config) => {
        const hash = writeHash(config);
        expect(readHash(hash)).toEqual({ config, problems: [] });
        expect(readHash(`#${hash}`)).toEqual({ config, problems: [] });
        expect(readHash(new URL(`https://example.org/#${hash}`).hash)).toEqual({ config, problems: [] });
        expect(readHash(new URLSearchParams(hash).toString())).toEqual({ config, problems: [] });
      }),
    );
  });

  it('without settings opens the defaults', () => {
    for (const hash of ['', '#']) expect(readHash(hash)).toEqual({ config: defaultExperiment, problems: [] });
  });

  it('edited by hand loses only what is wrong, and names it', () => {
    expect(
      readHash('#seed=7&budget=0&hidden=lots&colour=red&lanes=er,packnet&evaluation-size=auto&learning-rate=0.05'),
    ).toEqual({
      config: { ...defaultExperiment, seed: 7, learningRate: 0.05, evaluationSize: 'auto' },
      problems: [
        expect.stringMatching(/^The address has "colour", which is not a setting; there are: scenario, lanes, seed, /),
        'The address has budget=0; allowed is a whole number from 1 to 100. The default, 10, is used.',
        'The address has hidden=lots; allowed is a whole number from 4 to 1024. The default, 400, is used.',
        `The address has lanes=er,packnet; allowed is 1 to 4 of: ${methodNames.join(', ')}. The default, fine-tune,er,er-mir, is used.`,
      ],
    });
  });

  it('says what each lane has where it is wrong about a setting of theirs', () => {
    expect(readHash('lanes=er,icarl&iterations=99').problems).toEqual([
      'The address has iterations=99; allowed is a whole number from 1 to 20. Each lane’s own default is used: 1; 5.',
    ]);
  });

  it('starts from the scenario that it names', () => {
    expect(readHash('scenario=split-cifar10&filters=2&budget=0')).toEqual({
      config: { scenario: 'split-cifar10', seed: 0, filters: 2, lanes: ['fine-tune', 'er', 'er-mir'] },
      problems: ['The address has budget=0; allowed is a whole number from 1 to 100. The default, 10, is used.'],
    });
  });

  it('leaves out an order of classes where every task has all of them, and says so', () => {
    expect(readHash('class-order-seed=3').config.classOrderSeed).toBe(3);
    const { config, problems } = readHash('scenario=permuted-mnist&class-order-seed=3');
    expect(config).not.toHaveProperty('classOrderSeed');
    expect(problems).toEqual([
      'The address has class-order-seed=3, but permuted-mnist brings every class in every task. It is left out.',
    ]);
    expect(readHash('class-order-seed=ten').problems).toEqual([
      'The address has class-order-seed=ten; allowed is off or a whole number from 0 to 2147483647. The default, off, is used.',
    ]);
  });

  it('that asks for a method which its scenario rules out says so, and has the other lanes', () => {
    const { config, problems } = readHash('scenario=permuted-mnist&lanes=icarl,gem');
    expect(config.lanes).toEqual(['gem']);
    expect(problems).toEqual([
      `The address has lanes=icarl, which permuted-mnist rules out; allowed there is one of ${methodsOf('permuted-mnist').join(', ')}.`,
    ]);
    expect(readHash('scenario=permuted-mnist&lanes=icarl').config.lanes).toEqual(['fine-tune', 'er', 'er-mir']);
  });

  it('does not take for a number what only looks like one', () => {
    for (const text of ['', ' 5', '5 ', '0x10', '1e400', 'Infinity', 'NaN', '--5', '5.', '.5', '१', '5,5']) {
      const { config, problems } = readHash(`#budget=${text}`);
      expect(config).toEqual(defaultExperiment);
      expect(problems).toHaveLength(1);
    }
  });

  it('that names a setting twice takes the last, and says so', () => {
    expect(readHash('seed=1&seed=2')).toEqual({
      config: { ...defaultExperiment, seed: 2 },
      problems: ['The address has seed more than once; the last one counts.'],
    });
  });

  it('never throws, and always opens a valid configuration with few, short sentences', () => {
    const pieces = fc.constantFrom(
      'seed',
      'lanes',
      'budget',
      '__proto__',
      'constructor',
      '=',
      '&',
      '%',
      '%zz',
      '#',
      ',',
      '+',
      'er',
      '-1',
      '1e9',
      '\u0000',
      '𝔊',
    );
    const hostile = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(pieces, { maxLength: 200 }).map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(hostile, (hash) => {
        const { config, problems } = readHash(hash);
        expect(experimentConfigSchema.safeParse(config).success).toBe(true);
        expect(problems.length).toBeLessThanOrEqual(6);
        for (const problem of problems) expect(problem.length).toBeLessThan(450);
      }),
    );
    expect(({} as Record<string, unknown>).budget).toBeUndefined();
  });
});

describe('the backend of an address', () => {
  it('is the one asked for, or auto', () => {
    expect(readBackendChoice('?backend=wasm')).toEqual({ backendChoice: 'wasm', problems: [] });
    expect(readBackendChoice('?x=1&backend=webgpu')).toEqual({ backendChoice: 'webgpu', problems: [] });
    expect(readBackendChoice('')).toEqual({ backendChoice: 'auto', problems: [] });
  });

  it('that does not exist is named, with those that do', () => {
    expect(readBackendChoice('?backend=cuda')).toEqual({
      backendChoice: 'auto',
      problems: [
        'The address has backend=cuda; allowed is one of auto, webgpu, webgl, wasm, cpu. The best that works here is used.',
      ],
    });
  });
});

it('opens the page with both, and with what is wrong in either', () => {
  expect(readAddress({ hash: '#seed=-1', search: '?backend=' })).toEqual({
    config: defaultExperiment,
    backendChoice: 'auto',
    problems: [
      'The address has seed=-1; allowed is a whole number from 0 to 2147483647. The default, 0, is used.',
      'The address has backend=; allowed is one of auto, webgpu, webgl, wasm, cpu. The best that works here is used.',
    ],
  });
});
