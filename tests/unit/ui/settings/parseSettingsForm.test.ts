import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defaultSettings, type MethodName, settingsSchema } from '../../../../src/core/config.ts';
import { generativeFields, hybridFields } from '../../../../src/core/replaySettings.ts';
import { parseSettingsForm, settingsForm } from '../../../../src/ui/settings/parseSettingsForm.ts';
import { type FormField, settingGroups, settingTexts } from '../../../../src/ui/settings/settingTexts.ts';

const plain = settingsForm(defaultSettings);

describe('parseSettingsForm', () => {
  it('gives back the settings that filled the form', () => {
    const { scenario: _, ...rest } = defaultSettings;
    expect(parseSettingsForm(plain)).toEqual({ kind: 'valid', settings: rest });
  });

  it.each([
    ['split-mnist', 'hidden', 'filters'],
    ['permuted-mnist', 'hidden', 'filters'],
    ['split-cifar10', 'filters', 'hidden'],
    ['split-miniimagenet', 'filters', 'hidden'],
  ] as const)(
    'offers every setting of %s but the scenario: %s, not %s; those of decoders only to lanes with one',
    (scenario, shown, other) => {
      const all = Object.keys(settingsSchema.shape);
      const [generative, hybrid] = [Object.keys(generativeFields), Object.keys(hybridFields)];
      const offered = (lanes: readonly MethodName[]) =>
        settingGroups(scenario, lanes)
          .flatMap<string>((group) => group.fields)
          .sort();
      const without = (...left: string[]) =>
        all.filter((name) => name !== 'scenario' && name !== other && !left.includes(name)).sort();
      expect(offered(['er'])).toContain(shown);
      expect(offered(['er'])).toEqual(without(...generative, ...hybrid));
      expect(offered(['er', 'gen-mir'])).toEqual(without(...hybrid));
      expect(offered(['ae-er'])).toEqual(without(...generative));
    },
  );

  it('reads numbers with blanks around them, and auto in any case', () => {
    const parsed = parseSettingsForm({ ...plain, budget: ' 12 ', evaluationSize: 'Auto', evaluationInterval: '25' });
    expect(parsed.kind === 'valid' && parsed.settings).toMatchObject({
      budget: 12,
      evaluationSize: 'auto',
      evaluationInterval: 25,
    });
  });

  it.each([
    ['budget', '1000', 'Budget (B): 1000 is not possible here; allowed is a whole number from 1 to 100.'],
    ['budget', '2.5', 'Budget (B): 2.5 is not possible here; allowed is a whole number from 1 to 100.'],
    ['candidates', '', 'Candidates (C): nothing is filled in; allowed is a whole number from 1 to 500.'],
    ['learningRate', 'fast', 'Learning rate (α): fast is not possible here; allowed is a number from 0.000001 to 100.'],
    [
      'memoryPerClass',
      'auto',
      'Memory per class: auto is not possible here; allowed is a whole number from 1 to 1000.',
    ],
  ] as const)('names what is wrong with %s = %j', (field, text, message) => {
    expect(parseSettingsForm({ ...plain, [field]: text })).toEqual({ kind: 'invalid', problems: { [field]: message } });
  });

  it('never lets a value through that the schema refuses', () => {
    const fields = Object.keys(settingTexts) as FormField[];
    fc.assert(
      fc.property(
        fc.constantFrom(...fields),
        fc.oneof(fc.string(), fc.double().map(String), fc.integer().map(String)),
        (field, text) => {
          const parsed = parseSettingsForm({ ...plain, [field]: text });
          if (parsed.kind === 'invalid') expect(Object.keys(parsed.problems)).toEqual([field]);
          else expect(settingsSchema.safeParse({ ...parsed.settings, scenario: 'split-mnist' }).success).toBe(true);
        },
      ),
    );
  });
});
