import { describe, expect, it } from 'vitest';
import { presetConfig, type Settings } from '../../../src/core/config.ts';
import type { DataMark } from '../../../src/core/dataset.ts';
import type { MethodName } from '../../../src/core/methods.ts';
import {
  allowedMixtures,
  differencesOf,
  joinedRuns,
  mixturesOf,
  mixtureText,
  type OriginRun,
  type Place,
  ProvenanceError,
} from '../../../src/core/provenance.ts';

const mnist: DataMark = { name: 'MNIST', trainingImages: 60_000, testImages: 10_000, labels: -1 };

function run(method: MethodName, change: Partial<Settings> = {}, origin: Partial<OriginRun> = {}): OriginRun {
  return {
    config: presetConfig('split-mnist', method, change),
    version: '0.1.0',
    backend: 'wasm',
    data: mnist,
    ...origin,
  };
}

const place = (config: OriginRun['config']): Place => ({
  group: '',
  row: config.method,
  usual: presetConfig(config.scenario, config.method),
});
const between = (one: OriginRun, other: OriginRun) =>
  differencesOf(
    [
      { name: 'a.json', runs: [one] },
      { name: 'b.json', runs: [other] },
    ],
    place,
  );

describe('the rule of provenance', () => {
  it('lets runs stand together that differ in seed, method and what their methods leave to them', () => {
    expect(between(run('er'), run('er', { seed: 7 }))).toEqual([]);
    // iCaRL's own preset has five iterations; GEM's budget and a VAE's settings do nothing for ER.
    expect(between(run('er'), run('icarl'))).toEqual([]);
    expect(between(run('er'), run('er', { vaeHidden: 64 }))).toEqual([]);
  });

  it.each([
    ['version', run('er', {}, { version: '0.0.9' }), 'b.json has version "0.0.9", a.json has "0.1.0"'],
    ['backend', run('er', {}, { backend: 'cpu' }), 'b.json has backend "cpu", a.json has "wasm"'],
    [
      'data',
      run('er', {}, { data: { ...mnist, trainingImages: 59_999 } }),
      'b.json has data MNIST, 59,999 training and 10,000 test images, labels ffffffff, a.json has MNIST, 60,000 training and 10,000 test images, labels ffffffff',
    ],
  ] as const)('shows both values of another %s, and names them if a person insists', (what, other, words) => {
    const found = between(run('er'), other);
    expect(() => allowedMixtures(found, false, 'leave one out')).toThrow(ProvenanceError);
    expect(() => allowedMixtures(found, false, 'leave one out')).toThrow(
      `${words}; leave one out, or add --allow-mixed.`,
    );
    const mixtures = allowedMixtures(found, true, 'leave one out');
    expect(mixtures.map((mixture) => [mixture.what, mixture.values.length])).toEqual([[what, 2]]);
    expect(mixtureText(mixtures)).toMatch(new RegExp(`^Mixed: ${what} .* and .*\\.$`));
  });

  it('does not take Fashion-MNIST for MNIST, but MNIST from whatever files', () => {
    const from = (name: string) => run('er', {}, { data: { ...mnist, name } });
    expect(between(run('er'), from('Fashion-MNIST from your files'))).toMatchObject([
      {
        what: 'data',
        values: [
          { text: expect.stringMatching(/^MNIST, /) as string },
          { text: expect.stringMatching(/^Fashion-MNIST, /) as string },
        ],
      },
    ]);
    expect(between(run('er'), from('MNIST from your files'))).toEqual([]);
    // CIFAR-10 in another group of the same table is other data, and belongs there.
    const cifar = {
      ...run('er', {}, { data: { ...mnist, name: 'CIFAR-10' } }),
      config: presetConfig('split-cifar10', 'er'),
    };
    expect(
      differencesOf([{ name: '', runs: [run('er'), cifar] }], (config) => ({
        ...place(config),
        group: config.scenario,
      })),
    ).toEqual([]);
  });

  it('names what shown runs mix, without asking for their settings', () => {
    expect(mixtureText(mixturesOf([run('er'), run('er-mir', { hidden: 8 }, { backend: 'webgpu' })]))).toBe(
      'Mixed: backend wasm and webgpu.',
    );
    expect(mixturesOf([run('er'), run('er-mir', { hidden: 8 })])).toEqual([]);
  });

  it('takes what is older than the mark of its data with any data', () => {
    expect(between(run('er'), run('er', {}, { data: null }))).toEqual([]);
  });

  it('never mixes settings of one row, whoever insists', () => {
    const found = between(run('er'), run('er', { memoryPerClass: 20 }));
    expect(() => allowedMixtures(found, true, 'leave one out')).toThrow(
      'b.json has memoryPerClass 20, a.json has 50; leave one out.',
    );
    const scenarios = between(run('er'), { ...run('er'), config: presetConfig('permuted-mnist', 'er') });
    expect(() => allowedMixtures(scenarios, true, 'leave one out')).toThrow('scenario "permuted-mnist"');
  });

  it('asks before rows are compared of which one was changed', () => {
    const found = between(run('er', { samplesPerTask: 20 }), run('er-mir'));
    expect(() => allowedMixtures(found, false, 'leave one out')).toThrow(
      'b.json has samplesPerTask 1000, a.json has 20; leave one out, or add --allow-mixed.',
    );
    expect(mixtureText(allowedMixtures(found, true, ''))).toBe('Mixed: samplesPerTask 20 and 1000.');
  });
});

describe('joinedRuns', () => {
  const finished = (seed: number, averageAccuracy: number) => ({
    config: { ...run('er').config, seed },
    steps: 500,
    averageAccuracy,
    averageForgetting: 0.1,
    negativeElbo: null,
    accuracyMatrix: [[averageAccuracy]],
  });
  const join = (...sources: readonly (readonly ReturnType<typeof finished>[])[]) =>
    joinedRuns(
      sources.map((runs, index) => ({ name: `${index}.json`, runs })),
      ({ config }) => String(config.seed),
      ({ config }) => `seed ${config.seed}`,
    );

  it('takes a run once that several sources have', () => {
    expect(join([finished(0, 0.5), finished(1, 0.6)], [finished(1, 0.6), finished(2, 0.7)])).toEqual([
      finished(0, 0.5),
      finished(1, 0.6),
      finished(2, 0.7),
    ]);
  });

  it('does not choose between two outcomes of one run', () => {
    expect(() => join([finished(1, 0.6)], [finished(1, 0.61)])).toThrow(
      '1.json has averageAccuracy 0.61 for seed 1, 0.json has 0.6; the same run cannot end in two ways, so leave one of them out.',
    );
  });
});
