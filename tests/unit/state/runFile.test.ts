import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ExperimentConfig, laneConfigs, presetConfig } from '../../../src/core/config.ts';
import { methodNames } from '../../../src/core/methods.ts';
import { laterFields, permutedMnistGenerative } from '../../../src/core/replaySettings.ts';
import { largestRunFile, type RunFile } from '../../../src/core/runFile.ts';
import { parseRunFile, runFileText } from '../../../src/state/runFile.ts';
import { anyRun } from './arbitraries.ts';
import { smallRun } from './smallRun.ts';

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** The problems of a good file after `spoil` has changed it. */
function problemsOf(spoil: (file: Record<string, Json>) => void): readonly string[] {
  const file = JSON.parse(runFileText(smallRun)) as Record<string, Json>;
  spoil(file);
  const parsed = parseRunFile(JSON.stringify(file));
  if (parsed.kind !== 'refused') throw new Error('The file was not refused.');
  return parsed.problems;
}

/** Sets what is at a path. */
function put(path: readonly (string | number)[], value: Json) {
  return (file: Record<string, Json>) => {
    let place: Record<string | number, Json> = file;
    for (const part of path.slice(0, -1)) place = place[part] as Record<string | number, Json>;
    place[path[path.length - 1]] = value;
  };
}

describe('a run file', () => {
  it('gives every run back', () => {
    fc.assert(
      fc.property(anyRun, (run) => {
        expect(parseRunFile(runFileText(run))).toEqual({ kind: 'run', run });
      }),
    );
  });

  /** The small run as version 2 wrote it: one complete configuration for all lanes. */
  function ofVersion2() {
    const file = JSON.parse(runFileText(smallRun)) as RunFile;
    const { method: _, ...shared } = presetConfig('permuted-mnist', 'er', { seed: 4, iterations: 3 });
    return {
      ...file,
      formatVersion: 2,
      config: { ...shared, lanes: ['er', 'er-mir'] as const },
      lanes: file.lanes.map(({ config: __, ...lane }) => lane),
    };
  }

  it('of version 2, whose lanes shared every setting, still opens: with all of them named', () => {
    const old = ofVersion2();
    const parsed = parseRunFile(JSON.stringify(old));
    if (parsed.kind !== 'run') throw new Error(parsed.problems.join(' '));
    expect(parsed.run.config).toEqual(old.config);
    const { lanes: _, ...shared } = old.config;
    expect(parsed.run.runConfigs).toEqual([
      { ...shared, method: 'er' },
      { ...shared, method: 'er-mir' },
    ]);
    expect(parsed.run.runConfigs[1].iterations).toBe(3);
    expect(parsed.run.lanes).toEqual(smallRun.lanes.map((lane) => ({ ...lane, trace: null })));
  });

  it('of version 1, which knew no generative and no hybrid replay, still opens: with the settings of its scenario and no −ELBO', () => {
    const { config: settings, ...file } = ofVersion2();
    const later = new Set([...Object.keys(laterFields), 'classOrderSeed']);
    const old = {
      ...file,
      formatVersion: 1,
      config: Object.fromEntries(Object.entries(settings).filter(([name]) => !later.has(name))),
      lanes: file.lanes.map(({ replacedLatents: __, ...lane }) => lane),
      evaluations: file.evaluations.map(({ elbo: __, elboByTask: ___, ...evaluation }) => evaluation),
    };
    const parsed = parseRunFile(JSON.stringify(old));
    if (parsed.kind !== 'run') throw new Error(parsed.problems.join(' '));
    expect(parsed.run.config).toEqual({ ...settings, ...permutedMnistGenerative });
    expect(parsed.run.lanes).toEqual(smallRun.lanes.map((lane) => ({ ...lane, trace: null })));
    const { seed: __, ...withoutSeed } = old.config;
    expect(parseRunFile(JSON.stringify({ ...old, config: withoutSeed }))).toMatchObject({
      kind: 'refused',
      problems: [expect.stringContaining('config.seed is missing'), ...Array<unknown>(2).fill(expect.anything())],
    });
  });

  it('names the data of a run; one that is older names none', () => {
    const file = JSON.parse(runFileText(smallRun)) as { data?: unknown };
    expect(file.data).toEqual(smallRun.data);
    delete file.data;
    const parsed = parseRunFile(JSON.stringify(file));
    expect(parsed).toMatchObject({ kind: 'run', run: { data: null, step: smallRun.step } });
    expect(parsed.kind === 'run' && JSON.parse(runFileText(parsed.run))).toEqual(file);
  });

  it('that is older than the order of classes has the paper’s', () => {
    const old = JSON.parse(runFileText(smallRun)) as { lanes: { config: Record<string, Json> }[] };
    for (const { config } of old.lanes) delete config['classOrderSeed'];
    const parsed = parseRunFile(JSON.stringify(old));
    if (parsed.kind !== 'run') throw new Error(parsed.problems.join(' '));
    expect(parsed.run.runConfigs).toEqual(smallRun.runConfigs);
  });

  it('keeps what each lane ran with, named or not', () => {
    const config: ExperimentConfig = { scenario: 'split-mnist', seed: 4, lanes: ['er', 'icarl'], budget: 5 };
    const [er, icarl] = smallRun.lanes.map((lane) => ({ ...lane, evaluations: [], trace: null }));
    const run = {
      ...smallRun,
      changes: [],
      config,
      runConfigs: laneConfigs(config),
      lanes: [er, { ...icarl, method: 'icarl' as const, retrieval: null }],
    };
    const text = runFileText(run);
    const file = JSON.parse(text) as RunFile;
    expect(file.config).toEqual(config);
    expect(file.lanes.map((lane) => [lane.config.iterations, lane.config.budget])).toEqual([
      [1, 5],
      [5, 5],
    ]);
    expect(parseRunFile(text)).toEqual({ kind: 'run', run });
    file.lanes[1].config.iterations = 7;
    const later = parseRunFile(JSON.stringify(file));
    expect(later.kind === 'run' && later.run.runConfigs[1].iterations).toBe(7);
  });

  it('writes a −ELBO that is not finite as none, so that the file opens again', () => {
    const [lane, other] = smallRun.lanes;
    const broken = { total: Infinity, reconstruction: Infinity, kl: 1 };
    const spoiled = {
      ...smallRun,
      lanes: [{ ...lane, evaluations: [{ ...lane.evaluations[0], elbo: broken, elboByTask: [broken, null] }] }, other],
    };
    const parsed = parseRunFile(runFileText(spoiled));
    if (parsed.kind !== 'run') throw new Error(parsed.problems.join(' '));
    expect(parsed.run.lanes[0].evaluations[0]).toMatchObject({ elbo: null, elboByTask: [null, null] });
  });

  it('leaves traces out, and is written the same again', () => {
    const text = runFileText(smallRun);
    expect(smallRun.lanes[1].trace).not.toBeNull();
    const parsed = parseRunFile(text);
    if (parsed.kind !== 'run') throw new Error(parsed.problems.join(' '));
    expect(parsed.run).toEqual({ ...smallRun, lanes: smallRun.lanes.map((lane) => ({ ...lane, trace: null })) });
    expect(runFileText(parsed.run)).toBe(text);
  });

  it('lists evaluations flat, with format, versions, configuration and backend beside them', () => {
    expect(JSON.parse(runFileText(smallRun))).toMatchObject({
      format: 'mir-lab-run',
      formatVersion: 3,
      engineVersion: '0.1.0',
      config: { seed: 4, lanes: ['er', 'er-mir'] },
      backend: { name: 'wasm' },
      evaluations: [
        { lane: 0, step: 0 },
        { lane: 0, step: 10 },
        { lane: 1, step: 0 },
      ],
      retrievalChanges: [{ lane: 1, step: 3, retrieval: 'random' }],
    });
  });
});

describe('a bad run file is refused with a sentence', () => {
  it('that names place, finding and what is allowed', () => {
    expect(problemsOf(put(['evaluations', 2, 'averageAccuracy'], 1.7))).toEqual([
      'evaluations[2].averageAccuracy is 1.7; allowed is a number from 0 to 1.',
    ]);
    expect(problemsOf(put(['lanes', 1, 'config', 'budget'], 0))).toEqual([
      'lanes[1].config.budget is 0; allowed is a whole number from 1 to 100.',
    ]);
    expect(problemsOf(put(['config', 'budget'], 'ten'))).toEqual([
      'config.budget is "ten"; allowed is a whole number from 1 to 100.',
    ]);
    expect(problemsOf(put(['config', 'evaluationSize'], 3))).toEqual([
      'config.evaluationSize is 3; allowed is auto or a whole number from 10 to 10000.',
    ]);
    expect(problemsOf(put(['lanes', 0, 'method'], 'packnet'))).toEqual([
      `lanes[0].method is "packnet"; allowed is one of ${methodNames.join(', ')}.`,
    ]);
    expect(problemsOf(put(['evaluations', 0, 'accuracyByTask', 1], -0.5))).toEqual([
      'evaluations[0].accuracyByTask[1] is -0.5; allowed is a number from 0 to 1 or null.',
    ]);
    expect(problemsOf(put(['lanes', 1, 'losses'], 'none'))).toEqual(['lanes[1].losses is "none"; allowed is a list.']);
    expect(problemsOf(put(['backend', 'hardware'], 1))).toEqual(['backend.hardware is 1; allowed is true or false.']);
    expect(problemsOf(put(['imageShape'], [28, 28]))).toEqual([expect.stringMatching(/^imageShape(\[2\])? is /)]);
  });

  it('that names what is missing and what does not belong', () => {
    expect(problemsOf((file) => delete file.tasks)).toEqual(['tasks is missing; allowed is a list.']);
    expect(problemsOf(put(['mood'], 'good'))).toEqual(['The file has mood, which no run file of this version has.']);
    expect(problemsOf(put(['tasks', 0, 'mood'], 'good'))).toEqual([
      'tasks[0] has mood, which no run file of this version has.',
    ]);
  });

  it('that names contradictions between its parts', () => {
    expect(problemsOf(put(['lanes', 0, 'method'], 'er-mir'))).toEqual([
      'lanes[0].method is "er-mir"; allowed is "er", as config.lanes says.',
    ]);
    expect(problemsOf(put(['config', 'lanes'], ['er']))).toEqual([
      'lanes is a list of 2; allowed is 1, as config.lanes says.',
    ]);
    expect(problemsOf(put(['lanes', 1, 'config', 'hidden'], 8))).toEqual([
      'lanes[1].config.hidden is 8; allowed is 400, as config or the first lane says.',
    ]);
    expect(problemsOf(put(['config', 'budget'], 3))[0]).toBe(
      'lanes[0].config.budget is 10; allowed is 3, as config or the first lane says.',
    );
    expect(problemsOf(put(['lanes', 0, 'retrieval'], null))).toEqual([
      'lanes[0].retrieval is null, which "er" cannot have.',
    ]);
    expect(problemsOf(put(['evaluations', 2, 'lane'], 3))).toEqual(['evaluations[2].lane is 3; allowed is 0 to 1.']);
    expect(problemsOf(put(['evaluations', 1, 'seed'], 9))).toEqual([
      'evaluations[1].seed is 9; allowed is 4, as config.seed says.',
    ]);
    expect(problemsOf(put(['evaluations', 1, 'step'], 21))).toEqual([
      "evaluations[1].step is 21; allowed is 0 to 20: a lane's evaluations are in order.",
    ]);
    expect(problemsOf(put(['lanes', 0, 'metrics', 'plasticity'], 0.5))).toEqual([
      'lanes[0].metrics.plasticity is 0.5; allowed is 0.97, as evaluations says.',
    ]);
    expect(problemsOf(put(['evaluations', 0, 'step'], 12))).toEqual([
      "evaluations[1].step is 10; allowed is 12 to 20: a lane's evaluations are in order.",
    ]);
    expect(problemsOf(put(['evaluations', 0, 'accuracyByTask'], [0.11]))).toEqual([
      'evaluations[0].accuracyByTask is a list of 1; allowed is 2, one for each task.',
    ]);
    expect(problemsOf(put(['step'], 21))).toEqual(['step is 21; allowed is 0 to 20, as totalSteps says.']);
    expect(problemsOf(put(['retrievalChanges', 0, 'lane'], 2))).toEqual([
      'retrievalChanges[0].lane is 2; allowed is 0 to 1.',
    ]);
  });

  it('and shows the first three faults of many', () => {
    const problems = problemsOf((file) => put(['lanes', 0, 'losses'], Array<Json>(1_000).fill('x'))(file));
    expect(problems).toHaveLength(4);
    expect(problems[0]).toBe('lanes[0].losses[0] is "x"; allowed is a number from -1000000000 to 1e+39 or null.');
    expect(problems[3]).toBe('There are more faults.');
  });

  it('if it is not JSON, not of this kind, of a later version or too large', () => {
    const refusal = (text: string) => {
      const parsed = parseRunFile(text);
      return parsed.kind === 'refused' ? parsed.problems : [];
    };
    expect(refusal('')).toEqual(['The file is not JSON, or it is cut off. Choose a file that "Export run" wrote.']);
    expect(refusal(runFileText(smallRun).slice(0, -20))).toEqual(refusal(''));
    for (const text of ['null', '[]', '7', '{}', '{"format":"other"}', '"mir-lab-run"']) {
      expect(refusal(text)).toEqual([
        'The file is JSON, but not a run of MIR Lab. Choose a file that "Export run" wrote.',
      ]);
    }
    expect(refusal('{"format":"mir-lab-run","formatVersion":4,"hologram":true}')).toEqual([
      'The file is of format version 4; this page reads version 3. Open it with the newer MIR Lab that wrote it.',
    ]);
    expect(refusal('{"format":"mir-lab-run","formatVersion":0}')[0]).toBe('formatVersion is 0; allowed is 3.');
    expect(refusal(' '.repeat(largestRunFile + 1))).toEqual([
      'The file has 50000001 bytes; a run file has at most 50000000. Choose a file that "Export run" wrote.',
    ]);
    expect(refusal('['.repeat(1_000_000))).toHaveLength(1);
  });

  it('whatever JSON it holds', () => {
    fc.assert(
      fc.property(
        fc.jsonValue(),
        fc.constantFrom('config', 'lanes', 'evaluations', 'tasks', 'backend', 'imageShape', 'evaluation', 'step'),
        (value, field) => {
          const file = JSON.parse(runFileText(smallRun)) as Record<string, unknown>;
          const parsed = parseRunFile(JSON.stringify({ ...file, [field]: value }));
          if (parsed.kind === 'refused') expect(parsed.problems[0]).toMatch(/^(The file|[a-zA-Z])/);
          else expect(JSON.parse(runFileText(parsed.run))).toEqual({ ...file, [field]: value });
        },
      ),
    );
  });
});
