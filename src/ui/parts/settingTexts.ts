import { z } from 'zod';
import { allowedValues, ownDifferences, type RunConfig, type SettingName, settingsSchema } from '../../core/config.ts';
import { list, plain } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';

/** A setting that the dialog offers; the scenario has its own place on the page. */
export type FormField = Exclude<SettingName, 'scenario'>;

export const formFields = Object.keys(settingsSchema.shape).filter((name) => name !== 'scenario') as FormField[];

/** A word that a setting allows beside numbers. */
export const wordBeside: Readonly<Partial<Record<FormField, 'auto' | 'off'>>> = {
  classOrderSeed: 'off',
  evaluationInterval: 'auto',
  evaluationSize: 'auto',
};

export function settingLabel(field: FormField): string {
  return say(`settings.fields.${field}.label`);
}

/** What a setting does, in a sentence for someone who sees it for the first time. */
export function settingExplanation(field: FormField): string {
  return say(`settings.fields.${field}.explanation`);
}

/** A setting's value as the page writes it: "0.05", in German "0,05"; words as they are. */
export function settingValue(value: string | number | readonly string[] | undefined): string {
  return typeof value === 'number' ? plain(value) : String(value);
}

/** What a setting allows, in words, as the engine's `allowedValues` has it in English: "a whole number from 1 to 500". */
export function allowedWords(schema: z.ZodType): string {
  if (schema instanceof z.ZodUnion)
    return list(
      schema.options.map((one) => allowedWords(one as z.ZodType)),
      'disjunction',
    );
  if (schema instanceof z.ZodEnum) return say('settings.allowedOneOf', { names: schema.options.join(', ') });
  if (!(schema instanceof z.ZodNumber)) return allowedValues(schema);
  const [from, to] = [plain(schema.minValue ?? -Infinity), plain(schema.maxValue ?? Infinity)];
  return schema.format === 'safeint'
    ? say('settings.allowedWhole', { from, to })
    : say('settings.allowedNumber', { from, to });
}

/** Where a lane's settings are not those of the others, in words: "Iterations 5"; empty where none differ. */
export function differenceTexts(run: RunConfig, runs: readonly RunConfig[]): string[] {
  return ownDifferences(run, runs).flatMap((name) =>
    name === 'scenario' ? [] : [`${settingLabel(name)} ${settingValue(run[name])}`],
  );
}
