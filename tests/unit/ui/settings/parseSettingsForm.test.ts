import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultExperiment, type ExperimentConfig, settingsSchema } from '../../../../src/core/config.ts';
import type { MethodName } from '../../../../src/core/methods.ts';
import { generativeFields, hybridFields, laterFields } from '../../../../src/core/replaySettings.ts';
import { speak } from '../../../../src/texts/say.ts';
import { type FormField, formFields } from '../../../../src/ui/parts/words.ts';
import {
  asInThePaper,
  laneValues,
  parseSettingsForm,
  settingsForm,
  settingGroups,
} from '../../../../src/ui/settings/settingsForm.ts';

const plain = settingsForm(defaultExperiment);
const parse = (change: Partial<Record<FormField, string>>, experiment: ExperimentConfig = defaultExperiment) =>
  parseSettingsForm({ ...settingsForm(experiment), ...change }, experiment);

describe('parseSettingsForm', () => {
  it('changes nothing where nothing was typed', () => {
    expect(plain).toMatchObject({ learningRate: '0.1', iterations: '1', seed: '0', evaluationSize: 'auto' });
    expect(parse({})).toEqual({ kind: 'valid', settings: {} });
    const named: ExperimentConfig = { ...defaultExperiment, iterations: 1, budget: 3, lanes: ['er', 'icarl'] };
    expect(parse({}, named)).toEqual({ kind: 'valid', settings: {} });
  });

  it('writes and reads numbers as the language does', async () => {
    await speak('de');
    try {
      expect(settingsForm(defaultExperiment)).toMatchObject({ learningRate: '0,1', memoryPerClass: '50' });
      expect(parse({})).toEqual({ kind: 'valid', settings: {} });
      expect(parse({ learningRate: '0,05' })).toEqual({ kind: 'valid', settings: { learningRate: 0.05 } });
    } finally {
      await speak('en');
    }
  });

  it('shows nothing where the lanes differ, and names what is typed there for all of them', () => {
    const experiment: ExperimentConfig = { scenario: 'split-cifar10', seed: 4, lanes: ['er', 'icarl'] };
    expect(settingsForm(experiment)).toMatchObject({ learningRate: '', iterations: '', memoryPerClass: '100' });
    expect(laneValues(experiment, 'learningRate')).toEqual(['0.1', '0.03']);
    expect(parse({ iterations: '2' }, experiment)).toEqual({ kind: 'valid', settings: { iterations: 2 } });
  });

  it('leaves to the methods what was emptied, or given their own value', () => {
    const named: ExperimentConfig = { ...defaultExperiment, learningRate: 0.05, budget: 3, candidates: 20 };
    expect(parse({ learningRate: '', budget: ' 10 ' }, named)).toEqual({
      kind: 'valid',
      settings: { learningRate: undefined, budget: undefined },
    });
    const paper = parseSettingsForm(settingsForm(asInThePaper({ ...named, seed: 5 })), { ...named, seed: 5 });
    expect(paper).toEqual({
      kind: 'valid',
      settings: { seed: 0, learningRate: undefined, budget: undefined, candidates: undefined },
    });
  });

  it.each([
    ['split-mnist', 'hidden', 'filters'],
    ['permuted-mnist', 'hidden', 'filters'],
    ['split-cifar10', 'filters', 'hidden'],
    ['split-miniimagenet', 'filters', 'hidden'],
  ] as const)(
    'offers every setting of %s but the scenario: %s, not %s; those of particular methods only to lanes with one',
    (scenario, shown, other) => {
      const ordered = scenario !== 'permuted-mnist';
      const all = Object.keys(settingsSchema.shape).filter((name) => ordered || name !== 'classOrderSeed');
      const own = (...heeded: string[]) => Object.keys(laterFields).filter((name) => !heeded.includes(name));
      const [generative, hybrid] = [Object.keys(generativeFields), Object.keys(hybridFields)];
      const offered = (lanes: readonly MethodName[]) =>
        settingGroups(scenario, lanes)
          .flatMap<string>((group) => group.fields)
          .sort();
      const without = (...left: string[]) =>
        all.filter((name) => name !== 'scenario' && name !== other && !left.includes(name)).sort();
      expect(offered(['er'])).toContain(shown);
      expect(offered(['er'])).toEqual(without(...own()));
      expect(offered(['er', 'gen-mir'])).toEqual(without(...own(...generative)));
      expect(offered(['ae-er'])).toEqual(without(...own(...hybrid)));
      expect(offered(['er', 'ewc'])).toEqual(without(...own('ewcLambda', 'ewcGamma')));
      expect(offered(['der', 'der-pp'])).toEqual(without(...own('derAlpha', 'derBeta')));
    },
  );

  it('reads numbers with blanks around them, and auto in any case', () => {
    expect(parse({ evaluationSize: 'Auto' }, { ...defaultExperiment, evaluationSize: 50 })).toEqual({
      kind: 'valid',
      settings: { evaluationSize: 'auto' },
    });
    const parsed = parse({ budget: ' 12 ', evaluationSize: ' 50', evaluationInterval: '25' });
    expect(parsed.kind === 'valid' && parsed.settings).toMatchObject({
      budget: 12,
      evaluationSize: 50,
      evaluationInterval: 25,
    });
  });

  it.each([
    ['budget', '1000', 'Budget (B): 1000 is not possible here; allowed is a whole number from 1 to 100.'],
    ['budget', '2.5', 'Budget (B): 2.5 is not possible here; allowed is a whole number from 1 to 100.'],
    ['seed', '', 'Seed: nothing is filled in; allowed is a whole number from 0 to 2147483647.'],
    ['learningRate', 'fast', 'Learning rate (α): fast is not possible here; allowed is a number from 0.000001 to 100.'],
    [
      'memoryPerClass',
      'auto',
      'Memory per class: auto is not possible here; allowed is a whole number from 1 to 1000.',
    ],
  ] as const)('names what is wrong with %s = %j', (field, text, message) => {
    expect(parse({ [field]: text })).toEqual({ kind: 'invalid', problems: { [field]: message } });
  });

  it('never lets a value through that the schema refuses', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...formFields),
        fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String)),
        (field, text) => {
          const parsed = parse({ [field]: text });
          if (parsed.kind === 'invalid') expect(Object.keys(parsed.problems)).toEqual([field]);
          else expect(settingsSchema.partial().safeParse(parsed.settings).success).toBe(true);
        },
      ),
    );
  });
});
