import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { flagName, UsageError } from '../../../src/cli/configFlags.ts';
import { experimentFlags, parseExperimentArguments } from '../../../src/cli/experimentArguments.ts';
import { defaultSettings, runConfigSchema } from '../../../src/core/config.ts';
import { methodNames, methodsOf } from '../../../src/core/methods.ts';

function parsed(...argv: string[]) {
  const command = parseExperimentArguments(argv);
  if (command.kind !== 'run') throw new Error('expected a run');
  return command;
}

describe('parseExperimentArguments', () => {
  it('runs the paper’s settings for one seed when nothing is given', () => {
    expect(parsed()).toEqual({
      kind: 'run',
      lanes: [{ ...defaultSettings, method: 'er' }],
      seeds: [0],
      backend: 'wasm',
      data: { usePartial: false },
      json: null,
      csv: null,
      csvFormat: 'plain',
      overwrite: false,
      allowMixed: false,
    });
  });

  it('reads every field of RunConfig from a flag of its name', () => {
    const command = parsed(
      '--scenario',
      'split-mnist',
      '--method',
      'er-mir',
      '--seed',
      '5',
      '--samples-per-task',
      '200',
      '--hidden',
      '64',
      '--filters',
      '8',
      '--learning-rate',
      '0.05',
      '--iterations',
      '3',
      '--memory-per-class',
      '20',
      '--candidates',
      '30',
      '--budget',
      '5',
      '--retrieval-score',
      'mi1',
      '--evaluation-interval',
      '25',
      '--evaluation-size',
      'auto',
      '--vae-hidden',
      '32',
      '--beta-max',
      '0.5',
      '--ae-epochs',
      '2',
    );
    expect(command.lanes[0]).toEqual({
      ...defaultSettings,
      vaeHidden: 32,
      betaMax: 0.5,
      aeEpochs: 2,
      scenario: 'split-mnist',
      method: 'er-mir',
      seed: 5,
      samplesPerTask: 200,
      hidden: 64,
      filters: 8,
      learningRate: 0.05,
      iterations: 3,
      memoryPerClass: 20,
      candidates: 30,
      budget: 5,
      retrievalScore: 'mi1',
      evaluationInterval: 25,
      evaluationSize: 'auto',
    });
    expect(command.seeds).toEqual([5]);
  });

  it('has a flag for every field, now and later', () => {
    const names = experimentFlags.map((flag) => flag.name);
    expect(names).toEqual(expect.arrayContaining(Object.keys(runConfigSchema.shape).map(flagName)));
    expect(flagName('memoryPerClass')).toBe('memory-per-class');
  });

  it('reads seeds, shard, backend, files and several methods', () => {
    const command = parsed(
      '--method',
      'er,er-mir',
      '--seeds',
      '4-9',
      '--shard',
      '2/3',
      '--backend',
      'cpu',
      '--json',
      'a.json',
      '--csv',
      'a.csv',
    );
    expect(command).toMatchObject({
      lanes: [{ method: 'er' }, { method: 'er-mir' }],
      seeds: [5, 8],
      backend: 'cpu',
      json: 'a.json',
      csv: 'a.csv',
    });
  });

  it('writes one method as a script in place of training', () => {
    expect(parseExperimentArguments(['--method', 'er-mir', '--seeds', '2', '--pytorch', 'a.py'])).toMatchObject({
      kind: 'pytorch',
      run: { method: 'er-mir', learningRate: 0.1 },
      seeds: [0, 1],
      path: 'a.py',
      overwrite: false,
    });
    expect(() => parseExperimentArguments(['--method', 'er,er-mir', '--pytorch', 'a.py'])).toThrow(
      '--pytorch writes a script of one method, and --method is "er,er-mir"; name one of them.',
    );
    expect(() => parseExperimentArguments(['--pytorch', 'a.py', '--json', 'a.json'])).toThrow(
      '--pytorch writes a script and trains nothing, so --json says nothing; leave it out.',
    );
  });

  it('takes methods with a retrieval, where there are both', () => {
    const of = (...argv: string[]) => parsed(...argv).lanes.map(({ method }) => method);
    expect(of('--method', 'er,der-pp-mir,er-ace', '--retrieval', 'mir')).toEqual([
      'er-mir',
      'der-pp-mir',
      'er-ace-mir',
    ]);
    expect(of('--method', 'gen-mir', '--retrieval', 'random')).toEqual(['gen']);
    const fault = (method: string, retrieval: string) => () => of('--method', method, '--retrieval', retrieval);
    expect(fault('er', 'best')).toThrow('--retrieval is "best"; allowed is random or mir.');
    expect(fault('er,gem', 'mir')).toThrow(
      '--retrieval is "mir", which says nothing for gem; leave it out, or name some of er, er-mir, der-pp,',
    );
    expect(fault('er,er-mir', 'mir')).toThrow(
      '--retrieval is "mir", with which --method "er,er-mir" has er-mir twice; leave --retrieval out.',
    );
  });

  it('gives each method its own preset, named alone or beside others', () => {
    const of = (...argv: string[]) => parsed(...argv).lanes;
    expect(of('--method', 'er,icarl').map(({ iterations }) => iterations)).toEqual([1, 5]);
    expect(of('--method', 'icarl')[0]).toEqual(of('--method', 'er,icarl')[1]);
    const permuted = of('--scenario', 'permuted-mnist', '--method', 'er,gem');
    expect(permuted.map(({ learningRate }) => learningRate)).toEqual([0.05, 0.2]);
    const [gen, genMir] = of('--method', 'gen,gen-mir');
    expect([gen.replayBatches, gen.vaeDepth, gen.vaeDropout]).toEqual([4, 2, 0]);
    expect([genMir.replayBatches, genMir.vaeDepth, genMir.vaeDropout]).toEqual([10, 1, 0.4]);
    const [er, mir] = of('--method', 'er,er-mir');
    expect({ ...er, method: 'er-mir' }).toEqual(mir);
  });

  it('puts a flag into every method', () => {
    const lanes = parsed('--scenario', 'split-cifar10', '--method', 'er,icarl', '--learning-rate', '0.07').lanes;
    expect(lanes.map(({ learningRate, iterations }) => [learningRate, iterations])).toEqual([
      [0.07, 1],
      [0.07, 5],
    ]);
  });

  it('says in its help what a setting is by scenario and method', () => {
    const help = (name: string) => experimentFlags.find((flag) => flag.name === name)?.help;
    expect(help('learning-rate')).toBe(
      'a number from 0.000001 to 100; by scenario and method if left out, 0.03 or 0.05 or 0.1 or 0.2',
    );
    expect(help('budget')).toBe('a whole number from 1 to 100; 10 if left out');
    expect(help('scenario')).toContain('; split-mnist if left out');
  });

  it('asks for nothing but help where help is wanted', () => {
    expect(parseExperimentArguments(['--method', 'nonsense', '--help'])).toEqual({ kind: 'help' });
  });

  it.each([
    [['--memory-per-class', '0'], '--memory-per-class is "0"; allowed is a whole number from 1 to 1000.'],
    [['--memory-per-class', '1.5'], '--memory-per-class is "1.5"; allowed is a whole number from 1 to 1000.'],
    [['--learning-rate', 'Infinity'], '--learning-rate is "Infinity"; allowed is a number from 0.000001 to 100.'],
    [['--learning-rate', '0x10'], '--learning-rate is "0x10"; allowed is a number from 0.000001 to 100.'],
    [['--hidden', ''], '--hidden is ""; allowed is a whole number from 4 to 1024.'],
    [['--seed', '-1'], '--seed is "-1"; allowed is a whole number from 0 to 2147483647.'],
    [
      ['--scenario', 'mnist'],
      '--scenario is "mnist"; allowed is one of split-mnist, permuted-mnist, split-cifar10, split-miniimagenet.',
    ],
    [
      ['--evaluation-interval', 'never'],
      '--evaluation-interval is "never"; allowed is auto or a whole number from 1 to 10000.',
    ],
    [
      ['--method', 'mir'],
      `--method is "mir"; allowed is one or more different ones of ${methodNames.join(', ')}, separated by commas.`,
    ],
    [
      ['--method', 'er,er'],
      `--method is "er,er"; allowed is one or more different ones of ${methodNames.join(', ')}, separated by commas.`,
    ],
    [
      ['--scenario', 'permuted-mnist', '--method', 'er,icarl'],
      `--method is "er,icarl", but permuted-mnist rules out icarl; allowed there is one of ${methodsOf('permuted-mnist').join(', ')}.`,
    ],
    [['--samples-per-tsk', '50'], '--samples-per-tsk is not a flag of this command; did you mean --samples-per-task?'],
    [['--backend', 'webgl'], '--backend is "webgl"; allowed is one of wasm, cpu, webgpu.'],
    [['--json', ''], '--json is ""; allowed is the name of a file to write.'],
    [['er'], '"er" belongs to no flag; write every setting as --flag value, for example --method er.'],
    [
      ['--seed', '1', '--seeds', '2'],
      '--seed and --seeds are both given; --seed 5 runs seed 5 alone, --seeds 5 runs seeds 0 to 4.',
    ],
    [['--memory', '50'], '--memory is not a flag of this command; there are '],
  ])('refuses %j with one sentence', (argv, message) => {
    expect(() => parseExperimentArguments(argv)).toThrow(UsageError);
    expect(() => parseExperimentArguments(argv)).toThrow(message);
  });

  it('answers any words with a command or a UsageError', () => {
    const words = fc.oneof(
      fc.string(),
      fc.constantFrom(...experimentFlags.map(({ name }) => `--${name}`)),
      fc.constantFrom('3', 'er', '1/2', '--', '-'),
    );
    fc.assert(
      fc.property(fc.array(words, { maxLength: 6 }), (argv) => {
        try {
          expect(['run', 'help', 'pytorch', 'table']).toContain(parseExperimentArguments(argv).kind);
        } catch (error) {
          expect(error).toBeInstanceOf(UsageError);
        }
      }),
    );
  });
});
