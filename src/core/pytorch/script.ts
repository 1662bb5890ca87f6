import { batchSize, type RunConfig, type SettingName } from '../config.ts';
import { methods } from '../methods.ts';
import { cifar10ValidationShare, classesByTask, scenarios } from '../scenarios.ts';
import { validationShare } from '../stream.ts';
import { methodText } from './methods.ts';
import { courseText, memoryText, networkText, readers, splitText } from './protocol.ts';

/** A run as a script for Python with PyTorch, or what it is that has none. */
export type PytorchScript =
  | { readonly kind: 'script'; readonly text: string; readonly fileName: string }
  | { readonly kind: 'none'; readonly lacks: 'method' | 'dataset' };

interface ScriptOptions {
  /** The seeds that it runs unless others are named; the run's own if left out. */
  readonly seeds?: readonly number[];
  /** What the data is called, if not by its scenario. */
  readonly dataName?: string;
  /** Where the data is unless another folder is named; it must be named if this is left out. */
  readonly folder?: string;
}

/** "memoryPerClass" → "MEMORY_PER_CLASS". */
const constant = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Settings that share a line, and what it says of them. */
const lines: readonly (readonly [readonly SettingName[], string])[] = [
  [['samplesPerTask'], 'or all that there are'],
  [['hidden'], 'units in each of two layers'],
  [['filters'], 'of the first stage'],
  [['learningRate', 'iterations'], 'of plain SGD, and steps on each batch'],
  [['candidates', 'budget'], 'drawn from the memory for a step, and replayed of those'],
  [['budget'], 'drawn from the memory for a step'],
  [['derAlpha', 'derBeta'], 'weights of stored logits, and of labels'],
  [['derAlpha'], 'weight of stored logits'],
  [['ewcLambda', 'ewcGamma'], 'weight of the penalty, and what stays of earlier importance'],
  [['lwfWeight', 'lwfTemperature'], 'of the distillation'],
];

/** The settings that a script uses, as constants. */
function settingsText(names: readonly SettingName[], run: RunConfig): string[] {
  const left = new Set(names);
  const texts = lines.flatMap(([together, comment]) => {
    if (!together.every((name) => left.has(name))) return [];
    for (const name of together) left.delete(name);
    const values = together.map((name) => run[name]).join(', ');
    return [`${together.map(constant).join(', ')} = ${values}  # ${comment}`];
  });
  const memory = left.delete('memoryPerClass')
    ? [`MEMORY = 10 * ${run.memoryPerClass}  # classes, and images of each`]
    : [];
  return [...texts, ...memory, ...[...left].map((name) => `${constant(name)} = ${run[name]}`)];
}

/** The classes of each task, or how many tasks with all classes there are. */
function tasksText(run: RunConfig): string {
  const scenario = scenarios[run.scenario];
  if (!scenario.splitsClasses) return `TASKS = ${scenario.taskCount}  # all classes in each, pixels permuted`;
  return `TASKS = ${JSON.stringify(classesByTask(scenario, run.classOrderSeed)).replaceAll(',', ', ')}`;
}

/**
 * A run as a self-contained script: the method with its settings on the same protocol. Its random numbers are PyTorch's
 * and Python's, so its figures agree with the engine's within their intervals, not digit by digit.
 */
export function pytorchScript(
  run: RunConfig,
  { seeds = [run.seed], dataName, folder }: ScriptOptions = {},
): PytorchScript {
  const { dataset } = scenarios[run.scenario];
  if (dataset === 'miniimagenet') return { kind: 'none', lacks: 'dataset' };
  const method = methodText(run);
  if (method === null) return { kind: 'none', lacks: 'method' };

  const { label, stream: order } = methods[run.method];
  const isCifar = dataset === 'cifar10';
  const name = dataName ?? (isCifar ? 'CIFAR-10' : 'MNIST');
  const reader = isCifar
    ? readers.cifar10
    : /^EMNIST digits/.test(name)
      ? readers.emnist
      : /^EMNIST/.test(name)
        ? readers.emnistMnist
        : readers.mnist;
  const stream = run.scenario === 'permuted-mnist' ? `Permuted ${name}` : `Split ${name}`;
  const fileName = `${run.method}-${stream.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.py`;
  const imports = [...method.imports, ...(isCifar ? [] : ['gzip']), 'sys'];
  const settings: readonly SettingName[] = [
    'samplesPerTask',
    isCifar ? 'filters' : 'hidden',
    'learningRate',
    'iterations',
    ...method.settings,
  ];
  const head = `"""${label} on ${stream}: a run of MIR Lab in PyTorch, with its settings and its protocol.
python ${fileName} ${folder === undefined ? 'FOLDER [SEED ...]' : '[FOLDER [SEED ...]]'}
FOLDER holds ${name}: ${reader.files}. Draws are PyTorch's: figures agree within intervals."""
import ${imports.sort().join(', ')}
from pathlib import Path
from statistics import mean, stdev
import torch
from torch import nn
from torch.nn.functional import ${method.functions.join(', ')}

${tasksText(run)}
BATCH, HELD_OUT = ${batchSize}, ${isCifar ? cifar10ValidationShare : validationShare}  # images, and the share of a task's that is not trained on
${settingsText(settings, run).join('\n')}`;
  const parts = [
    head,
    reader.text,
    splitText(run),
    networkText(dataset),
    ...(method.keeps === null ? [] : [memoryText(method.keeps, method.learner.includes('but=') ? 'past' : 'all')]),
    method.learner,
    courseText({
      scenario: run.scenario,
      seeds,
      folder: folder ?? null,
      halves: reader.halves,
      passes: order.kind === 'iid' ? order.passes : null,
      endsTasks: method.endsTasks,
      answers: method.answers,
    }),
  ];
  return { kind: 'script', text: `${parts.join('\n\n')}\n`, fileName };
}
