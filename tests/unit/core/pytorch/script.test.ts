import { spawnSync } from 'node:child_process';
import { parser } from '@lezer/python';
import { describe, expect, it } from 'vitest';
import {
  presetConfig,
  type RunConfig,
  scenarioNames,
  type SettingName,
  settingNames,
} from '../../../../src/core/config.ts';
import { isIdle, methods, methodsOf } from '../../../../src/core/methods.ts';
import { noAscent } from '../../../../src/core/replaySettings.ts';
import { pytorchScript } from '../../../../src/core/pytorch/script.ts';
import { scenarios } from '../../../../src/core/scenarios.ts';

/** Values that no preset has, so that a constant of the script can only come from the settings. */
const changed = {
  seed: 23,
  samplesPerTask: 730,
  hidden: 37,
  filters: 11,
  learningRate: 0.0321,
  iterations: 3,
  memoryPerClass: 41,
  candidates: 29,
  budget: 7,
} as const;

const runs: readonly RunConfig[] = scenarioNames.flatMap((scenario) =>
  methodsOf(scenario).map((method) => presetConfig(scenario, method, changed)),
);
const scripts = runs.map((run) => ({ run, ...pytorchScript(run), name: `${run.method} on ${run.scenario}` }));

/** The constants at the top of a script by name, several to a line: `A, B = 1, 2  # words`. */
function constantsOf(text: string): Map<string, string> {
  const lines = text.matchAll(/^([A-Z_]+(?:, [A-Z_]+)*) = ([^#\n]+)/gm);
  return new Map(
    [...lines].flatMap(([, names, values]) => {
      const all = names.split(', ');
      return all.length === 1
        ? [[names, values.trim()] as const]
        : all.map((name, index) => [name, values.trim().split(', ')[index]] as const);
    }),
  );
}

/** Where a parse of Python does not fit its grammar. */
function faultsOf(text: string): string[] {
  const faults: string[] = [];
  parser.parse(text).iterate({
    enter(node) {
      if (node.type.isError) faults.push(text.slice(Math.max(0, node.from - 30), node.to + 30));
    },
  });
  return faults;
}

/** Settings that stand in a script in another way, or that only the page and the command line heed. */
const elsewhere: readonly SettingName[] = [
  'scenario',
  'seed',
  'classOrderSeed',
  'evaluationInterval',
  'evaluationSize',
  'boundaryEvaluations',
  'retrievalScore',
];

/** Settings of searches in latent space that a run does not make: GEN none, GEN-MIR where all weights are 0. */
function unsearched(run: RunConfig): readonly string[] {
  const all = Object.keys(noAscent) as (keyof typeof noAscent)[];
  if (run.method !== 'gen-mir') return all;
  return ['gen', 'cls']
    .map((network) => all.filter((name) => name.startsWith(network)))
    .filter((names) => names.every((name) => run[name] === 0))
    .flat();
}

describe('a script for PyTorch', () => {
  it.each(scripts)('of $name is Python of fewer than 120 lines, in lines that a page can show', ({ text }) => {
    expect(faultsOf(text)).toEqual([]);
    const lines = text.trimEnd().split('\n');
    expect(lines.length).toBeLessThan(120);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(120);
    // Nothing of the template is left over.
    expect(text).not.toMatch(/undefined|null|\$\{/);
  });

  it('is refused by that grammar if a bracket is missing', () => {
    expect(faultsOf(scripts[0].text.replace('torch.isin(', 'torch.isin'))).not.toEqual([]);
  });

  it('is Python to Python itself, where there is one', ({ skip }) => {
    const check = 'import ast, json, sys\nfor text in json.load(sys.stdin): ast.parse(text)';
    const { error, status, stderr } = spawnSync('python3', ['-c', check], {
      input: JSON.stringify(scripts.map(({ text }) => text)),
      encoding: 'utf8',
    });
    if (error !== undefined) skip();
    expect([status, stderr]).toEqual([0, '']);
  });

  it.each(scripts)('of $name carries the settings that its method uses', ({ run, text }) => {
    const { dataset, classCount } = scenarios[run.scenario];
    const network = dataset === 'mnist' ? 'filters' : 'hidden';
    const used = settingNames.filter(
      (name) =>
        !isIdle(name, run.method) && name !== network && !elsewhere.includes(name) && !unsearched(run).includes(name),
    );
    const constants = constantsOf(text);
    for (const name of used) {
      const constant = name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
      if (name === 'memoryPerClass') expect(constants.get('MEMORY')).toBe(`${classCount} * 41`);
      else expect([constant, constants.get(constant)]).toEqual([constant, String(run[name])]);
    }
    expect(constants.get('TASKS')).toBe(
      {
        'split-mnist': '[[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]',
        'permuted-mnist': '10',
        'split-cifar10': '[[0, 1], [2, 3], [4, 5], [6, 7], [8, 9]]',
        'split-miniimagenet': '[list(range(first, first + 5)) for first in range(0, 100, 5)]',
      }[run.scenario],
    );
    expect(constants.get('HELD_OUT')).toBe(run.scenario === 'split-cifar10' ? '0.025' : '0.05');
    expect(text).toContain('seeds or [23]');
    const { retrieval } = methods[run.method];
    const score = run.retrievalScore === 'mi1' ? 'MI-1' : 'MI-2';
    const scores = retrieval === 'mir' && !['generative', 'hybrid'].includes(methods[run.method].family);
    expect(/MI-[12]/.exec(text)?.[0]).toBe(scores ? score : undefined);
    const passes = { 'iid-online': '1', 'iid-offline': '5' }[run.method as string];
    expect(/for _ in range\((\d)\):\n {8}for batch in torch.randperm/.exec(text)?.[1]).toBe(passes);
  });

  it('of GEN-MIR climbs for the networks that have weights', () => {
    const textOf = (change: Partial<RunConfig>) =>
      pytorchScript(presetConfig('split-mnist', 'gen-mir', { ...noAscent, ...change })).text;
    const climbs = (text: string) => [...text.matchAll(/self\.climb\(self\.(vae|net)/g)].map(([, network]) => network);
    const [none, generator, both] = [{}, { genShell: 1 }, { genKl: 1, clsEntropy: 2 }].map(textOf);
    expect([none, generator, both].map(climbs)).toEqual([[], ['vae'], ['vae', 'net']]);
    expect(none.match(/z = torch\.randn\(10 \* REPLAY_BATCHES, VAE_LATENTS\)/g)).toHaveLength(2);
    expect(constantsOf(generator).get('ASCENT_STEPS')).toBe('1');
    for (const text of [none, generator, both]) expect(faultsOf(text)).toEqual([]);
  });

  it('has the order of classes, the seeds and the data of the run', () => {
    const run = presetConfig('split-mnist', 'er-mir', { classOrderSeed: 3, retrievalScore: 'mi1' });
    const script = pytorchScript(run, { seeds: [4, 5], dataName: 'EMNIST digits' });
    expect(script.fileName).toBe('er-mir-split-emnist-digits.py');
    expect(constantsOf(script.text).get('TASKS')).toBe('[[3, 6], [5, 7], [0, 1], [2, 4], [8, 9]]');
    expect(script.text).toContain('seeds or [4, 5]');
    expect(script.text).toContain('after - before  # MI-1');
    // EMNIST's files have their images on their sides.
    expect(script.text).toContain('.mT.');
    expect(script.text).toContain('"digits-train"');
    expect(scripts[0].text).not.toContain('.mT.');
    const clothes = pytorchScript(run, { dataName: 'Fashion-MNIST' });
    expect(clothes.fileName).toBe('er-mir-split-fashion-mnist.py');
    expect(clothes.text).toContain('FOLDER holds Fashion-MNIST:');
    expect(clothes.text).toContain('"train"), load(folder, "t10k")');
    expect(clothes.text).toContain('sys.argv[1:] or sys.exit(__doc__)');
    const found = pytorchScript(run, { folder: 'my "own" data' });
    expect(found.text).toContain('sys.argv[1:] or ["my \\"own\\" data"]');
    for (const { text } of [script, clothes]) expect(faultsOf(text)).toEqual([]);
  });
});
