import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import {
  defaultSettings,
  presetConfig,
  type ScenarioName,
  scenarioNames,
  settingNames,
} from '../../../src/core/config.ts';
import {
  initialRetrieval,
  isIdle,
  type MethodName,
  methodNames,
  methods,
  methodsOf,
  suggestedMethod,
} from '../../../src/core/methods.ts';
import { paperRows } from '../../../src/core/paperTable.ts';
import { scenarioWords } from '../../../src/ui/parts/words.ts';

describe('the catalogue of methods', () => {
  it('lists a pair with random replay first, and the bounds last, and starts each with its own retrieval', () => {
    for (const method of methodNames) {
      const { counterpart, retrieval } = methods[method];
      expect(initialRetrieval(method)).toBe(retrieval);
      if (retrieval === 'random' && counterpart !== null)
        expect(methodNames[methodNames.indexOf(method) + 1]).toBe(counterpart);
    }
    const bounds = methodNames.filter((method) => methods[method].family === 'bound');
    expect(methodNames.slice(-bounds.length)).toEqual(bounds);
    expect([initialRetrieval('er'), initialRetrieval('er-mir'), initialRetrieval('gem')]).toEqual([
      'random',
      'mir',
      null,
    ]);
  });

  it('is what the README tells of', async () => {
    const readme = await readFile(new URL('../../../README.md', import.meta.url), 'utf8');
    const told = /^- \*\*Scenario\*\* changes the stream: (?<scenarios>[^.]*)\. The methods are (?<methods>.*)$/m.exec(
      readme,
    )?.groups;
    for (const scenario of scenarioNames) expect(told?.['scenarios']).toContain(scenarioWords[scenario]);
    const words: Partial<Record<MethodName, string>> = {
      'fine-tune': 'fine-tuning',
      'iid-online': 'the i.i.d. bounds',
      'iid-offline': 'the i.i.d. bounds',
    };
    for (const method of methodNames)
      expect(told?.['methods'], `the README names ${method}`).toMatch(
        new RegExp(`(^|[ ,])${words[method] ?? methods[method].label.replaceAll('+', String.raw`\+`)}([ ,;.]|$)`),
      );
  });

  it('knows which methods a scenario allows', () => {
    expect(methodsOf('split-mnist')).toEqual(methodNames.filter((name) => !name.startsWith('ae-')));
    expect(methodsOf('permuted-mnist')).toEqual(
      methodsOf('split-mnist').filter((name) => !/^(icarl|er-ace)/.test(name)),
    );
    expect(methodsOf('split-cifar10')).toEqual(methodNames.filter((name) => !name.startsWith('gen')));
    expect(methodsOf('split-miniimagenet')).toEqual(methodNames.filter((name) => !/^(gen|ae)/.test(name)));
  });

  it('knows which settings change nothing for a method', () => {
    expect(isIdle('vaeHidden', 'er')).toBe(true);
    expect(isIdle('vaeHidden', 'gen-mir')).toBe(false);
    expect(isIdle('aeEpochs', 'gen')).toBe(true);
    expect(isIdle('aeEpochs', 'ae-er')).toBe(false);
    expect(isIdle('learningRate', 'gen')).toBe(true);
    expect(isIdle('budget', 'icarl')).toBe(false);
    expect((['er', 'der', 'der-pp-mir'] as const).map((name) => isIdle('derBeta', name))).toEqual([true, true, false]);
    expect(isIdle('memoryPerClass', 'fine-tune')).toBe(true);
    for (const method of methodNames) expect(settingNames).toEqual(expect.arrayContaining([...methods[method].idle]));
  });

  it('is of one mind about pairs: counterparts name each other, differ in their retrieval, and all others say what they do instead', () => {
    for (const method of methodNames) {
      const { counterpart, retrieval, instead, scenarios, family } = methods[method];
      if (retrieval === null) expect(counterpart).toBeNull();
      expect(instead === null).toBe(retrieval !== null);
      if (counterpart === null) continue;
      expect(methods[counterpart]).toMatchObject({ counterpart: method, scenarios, family });
      expect(methods[counterpart].retrieval).not.toBe(retrieval);
    }
  });

  it('gives the pairs but GEN’s the same settings, so that a paired run differs in the choice only', () => {
    for (const [one, other] of [
      ['er', 'er-mir'],
      ['ae-er', 'ae-mir'],
      ['der-pp', 'der-pp-mir'],
      ['er-ace', 'er-ace-mir'],
    ] as const)
      for (const scenario of methods[one].scenarios)
        expect({ ...presetConfig(scenario, one), method: other }).toEqual(presetConfig(scenario, other));
  });

  it('has Table 1’s GEN and GEN-MIR, and an ascent for a GEN lane that is switched to MIR', () => {
    expect(presetConfig('split-mnist', 'gen')).toMatchObject({
      ...{ genIterations: 15, clsIterations: 15, replayBatches: 4, memoryCoefficient: 3 },
      ...{ vaeHidden: 128, vaeDepth: 2, betaMax: 1, genLearningRate: 0.01, vaeDropout: 0 },
      ...{ ascentSteps: 10, clsInterference: 0.1, genKl: 0.1 },
    });
    expect(presetConfig('split-mnist', 'gen-mir')).toMatchObject({
      ...{ genIterations: 15, clsIterations: 15, replayBatches: 10, memoryCoefficient: 3 },
      ...{ vaeHidden: 128, vaeDepth: 1, betaMax: 1, vaeDropout: 0.4 },
      ...{ ascentSteps: 10, clsInterference: 0.1, clsEntropy: 1, clsDiversity: 1 },
      ...{ genKl: 0.1, genEntropy: 1, genDiversity: 1, genReconstruction: 0 },
    });
    expect(presetConfig('permuted-mnist', 'gen')).toMatchObject({
      ...{ genLearningRate: 0.1, genIterations: 15, replayBatches: 4, memoryCoefficient: 2, betaMax: 0.2 },
      ...{ betaWarmup: 250, ascentSteps: 2, clsShell: 2 },
    });
    const row = (method: MethodName) =>
      paperRows.find(({ table, group, config }) => table === 1 && group === 'Split MNIST' && config.method === method);
    expect(row('gen-mir')?.config).toEqual(presetConfig('split-mnist', 'gen-mir'));
    expect(presetConfig('split-mnist', 'er')).toEqual({ ...defaultSettings, method: 'er' });
  });

  it('has a row for every figure of the paper, in the paper’s order', () => {
    expect(paperRows).toHaveLength(48);
    const labels = (table: number) => paperRows.filter((row) => row.table === table).map(({ label }) => label);
    expect(labels(1).slice(0, 10).join(' | ')).toBe(
      'i.i.d. online | i.i.d. offline | Fine-tune | GEM | ER | ER-MIR | GEN | GEN-MIR | GEN-MIR, classifier | GEN-MIR, generator',
    );
    expect(labels(2).slice(0, 7)).toEqual([
      ...['i.i.d. online', 'i.i.d. offline', 'Fine-tune'],
      ...['GEM', 'iCaRL', 'ER', 'ER-MIR'],
    ]);
  });
});

it.each<[ScenarioName, MethodName[], MethodName]>([
  ['split-mnist', ['er', 'er-mir'], 'fine-tune'],
  ['split-mnist', ['gen'], 'gen-mir'],
  ['permuted-mnist', ['gen-mir', 'gen'], 'er'],
  ['split-cifar10', ['ae-mir'], 'ae-er'],
  ['split-cifar10', ['er', 'er-mir', 'fine-tune'], 'der'],
  ['split-miniimagenet', ['fine-tune'], 'er'],
])('in %s beside %j suggests %s', (scenario, running, suggestion) => {
  expect(suggestedMethod(scenario, running)).toBe(suggestion);
});
