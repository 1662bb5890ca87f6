import { allowedValues, type Settings, settingsSchema } from '../../core/config.ts';
import { type FormField, settingTexts } from './settingTexts.ts';

/** What is typed into the settings dialog, field by field. */
export type SettingsForm = Readonly<Record<FormField, string>>;

export type FormProblems = Readonly<Partial<Record<FormField, string>>>;

const formFields = Object.keys(settingTexts) as readonly FormField[];

/** The form filled in with current settings. */
export function settingsForm(settings: Settings): SettingsForm {
  return Object.fromEntries(formFields.map((field) => [field, String(settings[field])])) as SettingsForm;
}

/** A field's typed text as the value that the schema judges; text that is no number stays text. */
function typedValue(field: FormField, text: string): string | number {
  const trimmed = text.trim();
  if (field === 'retrievalScore') return trimmed;
  if (settingTexts[field].auto && trimmed.toLowerCase() === 'auto') return 'auto';
  return trimmed === '' ? trimmed : Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed);
}

/** What a field allows, in words: "a whole number from 1 to 500". */
export function fieldLimits(field: FormField): string {
  return allowedValues(settingsSchema.shape[field]);
}

/**
 * Checks the form field by field.
 *
 * @returns the settings, or for each field that is wrong a sentence that says what was found and what
 *   is allowed
 */
export function parseSettingsForm(
  form: SettingsForm,
):
  | { readonly kind: 'valid'; readonly settings: Partial<Settings> }
  | { readonly kind: 'invalid'; readonly problems: FormProblems } {
  const values: Record<string, unknown> = {};
  const problems: Partial<Record<FormField, string>> = {};
  for (const field of formFields) {
    const value = typedValue(field, form[field]);
    const result = settingsSchema.shape[field].safeParse(value);
    if (result.success) values[field] = result.data;
    else {
      const found = value === '' ? 'nothing is filled in' : `${String(value)} is not possible here`;
      problems[field] = `${settingTexts[field].label}: ${found}; allowed is ${fieldLimits(field)}.`;
    }
  }
  if (Object.keys(problems).length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', settings: values };
}
