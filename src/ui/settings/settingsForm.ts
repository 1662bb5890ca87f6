import {
  type ScenarioName,
  type ExperimentConfig,
  laneConfigs,
  type SettingChanges,
  settingsSchema,
} from '../../core/config.ts';
import { isIdle, type MethodName } from '../../core/methods.ts';
import { scenarios } from '../../core/scenarios.ts';
import { plain } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { allowedWords } from '../../state/addressParts.ts';
import { type FormField, formFields, settingLabel, wordBeside } from '../parts/words.ts';

interface SettingGroup {
  readonly title: string;
  /** What they have in common, in a sentence, where that is not plain. */
  readonly lead?: string;
  readonly fields: readonly FormField[];
}

interface OwnGroup {
  readonly name: 'generative' | 'objective' | 'hybrid' | 'ewc' | 'lwf' | 'dark';
  readonly fields: readonly FormField[];
}

/** How large a scenario's network is: an MLP for MNIST, ResNet-18 for photographs. */
export function networkSize(scenario: ScenarioName): 'hidden' | 'filters' {
  return scenarios[scenario].dataset === 'mnist' ? 'hidden' : 'filters';
}

/** What particular methods add. */
const ownGroups: readonly OwnGroup[] = [
  {
    name: 'generative',
    fields: [
      'replayBatches',
      'memoryCoefficient',
      'genLearningRate',
      'genDropout',
      'genIterations',
      'clsIterations',
      'vaeHidden',
      'vaeDepth',
      'vaeLatents',
      'vaeDropout',
      'betaMax',
      'betaWarmup',
    ],
  },
  {
    name: 'objective',
    fields: [
      'ascentSteps',
      'clsInterference',
      'clsEntropy',
      'clsDiversity',
      'clsShell',
      'genReconstruction',
      'genKl',
      'genEntropy',
      'genDiversity',
      'genShell',
    ],
  },
  {
    name: 'hybrid',
    fields: ['aeFilters', 'aeEpochs', 'aeReplays', 'aeCandidates', 'aeReplayShare'],
  },
  {
    name: 'ewc',
    fields: ['ewcLambda', 'ewcGamma'],
  },
  {
    name: 'lwf',
    fields: ['lwfWeight', 'lwfTemperature'],
  },
  {
    name: 'dark',
    fields: ['derAlpha', 'derBeta'],
  },
];

/** The settings that mean something in a scenario and for some methods, in the order of the dialog, grouped by what they are about. */
export function settingGroups(scenario: ScenarioName, lanes: readonly MethodName[]): readonly SettingGroup[] {
  const heeded = ({ fields }: OwnGroup) => fields.some((field) => lanes.some((method) => !isIdle(field, method)));
  return [
    { title: say('settings.groups.replay'), fields: ['memoryPerClass', 'candidates', 'budget', 'retrievalScore'] },
    { title: say('settings.groups.learning'), fields: ['learningRate', 'iterations', networkSize(scenario)] },
    {
      title: say('settings.groups.stream'),
      fields: ['samplesPerTask', 'seed', ...(scenarios[scenario].splitsClasses ? (['classOrderSeed'] as const) : [])],
    },
    {
      title: say('settings.groups.evaluation'),
      fields: ['evaluationInterval', 'evaluationSize', 'boundaryEvaluations'],
    },
    ...ownGroups.filter(heeded).map(({ name, fields }) => ({
      title: say(`settings.groups.${name}.title`),
      lead: say(`settings.groups.${name}.lead`),
      fields,
    })),
  ];
}

/** What is typed into the settings dialog, field by field. */
type SettingsForm = Readonly<Record<FormField, string>>;

export type FormProblems = Readonly<Partial<Record<FormField, string>>>;

/** The value of a setting, as the language writes it, in each lane that heeds it, in order of lanes; in every lane if none does. */
export function laneValues(experiment: ExperimentConfig, field: FormField): readonly string[] {
  const runs = laneConfigs(experiment);
  const heeding = runs.filter(({ method }) => !isIdle(field, method));
  return (heeding.length > 0 ? heeding : runs).map(({ [field]: value }) =>
    typeof value === 'number' ? plain(value) : value,
  );
}

/** The form as it opens: what holds for all lanes that heed a setting, and nothing where they differ. */
export function settingsForm(experiment: ExperimentConfig): SettingsForm {
  return Object.fromEntries(
    formFields.map((field) => {
      const values = new Set(laneValues(experiment, field));
      return [field, values.size === 1 ? [...values].join('') : ''];
    }),
  ) as SettingsForm;
}

/** The same experiment with nothing named, as the paper has it. */
export function asInThePaper({ scenario, lanes }: ExperimentConfig): ExperimentConfig {
  return { scenario, seed: 0, lanes };
}

/** A field's typed text as the value that the schema judges; text that is no number stays text. */
function typedValue(field: FormField, text: string): string | number {
  const trimmed = text.trim();
  if (field === 'retrievalScore') return trimmed;
  const word = wordBeside[field];
  if (word !== undefined && trimmed.toLowerCase() === word) return word;
  // Whoever writes numbers with a comma may do so here, too.
  const written = /^-?\d+,\d+$/.test(trimmed) ? trimmed.replace(',', '.') : trimmed;
  return trimmed === '' || Number.isNaN(Number(written)) ? trimmed : Number(written);
}

/** What a field allows, in words: "a whole number from 1 to 500". */
export function fieldLimits(field: FormField): string {
  return allowedWords(settingsSchema.shape[field]);
}

/**
 * Checks the form field by field. A field that was left alone stays as it is, named or not; one that was emptied, or
 * given the methods' own value, is left to each method; any other is named.
 *
 * @param experiment what the form was opened with
 * @returns what to change, or for each field that is wrong a sentence that says what was found and what is allowed
 */
export function parseSettingsForm(
  form: SettingsForm,
  experiment: ExperimentConfig,
):
  | { readonly kind: 'valid'; readonly settings: SettingChanges }
  | { readonly kind: 'invalid'; readonly problems: FormProblems } {
  const opened = settingsForm(experiment);
  const own = settingsForm(asInThePaper(experiment));
  const values: Record<string, unknown> = {};
  const problems: Partial<Record<FormField, string>> = {};
  for (const field of formFields) {
    const text = form[field].trim();
    if (text === opened[field]) continue;
    if (field !== 'seed' && (text === '' || text === own[field])) {
      values[field] = undefined;
      continue;
    }
    const value = typedValue(field, text);
    const result = settingsSchema.shape[field].safeParse(value);
    if (result.success) values[field] = result.data;
    else {
      const found =
        value === '' ? say('settings.nothingFilledIn') : say('settings.notPossible', { found: String(value) });
      problems[field] = say('settings.wrong', { label: settingLabel(field), found, allowed: fieldLimits(field) });
    }
  }
  if (Object.keys(problems).length > 0) return { kind: 'invalid', problems };
  return { kind: 'valid', settings: values };
}
