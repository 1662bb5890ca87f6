import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Count, readPlaywright, readVitest, type StageReport, type TimedTest } from './testReports.ts';

/** One part of `npm test`. */
interface Stage {
  /** An npm script, or a program of node_modules/.bin, with arguments. */
  readonly command: readonly string[];
  /** Stages that this one takes up the work of. */
  readonly needs?: readonly StageName[];
  /** What the stage writes, read for its tests; without it the stage is one check. */
  readonly report?: { readonly file: string; readonly read: (json: string) => StageReport };
}

type StageName = 'data' | 'browser' | 'lint' | 'types' | 'build' | 'unit' | 'pages' | 'times';

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = fileURLToPath(new URL('../test-results/', import.meta.url));
const reportOf = (stage: StageName) => `${reports}${stage}.json`;
const playwright = (stage: StageName, ...projects: string[]): Stage => ({
  command: [
    ...['playwright', 'test', '--config', 'tests/e2e/playwright.config.ts'],
    ...projects.map((project) => `--project=${project}`),
  ],
  needs: ['data', 'browser', 'build'],
  report: { file: reportOf(stage), read: readPlaywright },
});

const stages: Readonly<Record<StageName, Stage>> = {
  data: { command: ['tsx', 'src/cli/prepareData.ts', 'mnist'] },
  // Chromium brings the driver on which unit tests run WebGPU in Node, too.
  browser: { command: ['tsx', 'tests/e2e/installChromium.ts'] },
  lint: { command: ['npm', 'run', '-s', 'lint'] },
  types: { command: ['npm', 'run', '-s', 'typecheck'] },
  build: { command: ['vite', 'build'], needs: ['data'] },
  unit: {
    command: [
      ...['npm', 'run', '-s', 'test:unit', '--'],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${reportOf('unit')}`],
    ],
    needs: ['data', 'browser'],
    report: { file: reportOf('unit'), read: readVitest },
  },
  pages: playwright('pages', 'wasm', 'webgpu'),
  // Tests that measure time run one by one, with nothing beside them.
  times: playwright('times', 'times'),
};

/**
 * Rounds that follow each other; in each, rows of stages run side by side, and a stage waits for what it needs. Laid out
 * for two cores: both are busy to the end of the first round. Page tests have time limits, so nothing runs beside them.
 */
const rounds: readonly (readonly (readonly StageName[])[])[] = [
  [
    ['data', 'unit'],
    ['browser', 'types', 'build', 'lint'],
  ],
  [['pages']],
  [['times']],
];

interface Outcome extends StageReport {
  readonly stage: StageName;
  readonly seconds: number;
}

function isStage(name: string): name is StageName {
  return Object.hasOwn(stages, name);
}

/** The stages that the command line names, with what they need; all if it names none. */
function wantedStages(names: readonly string[]): ReadonlySet<StageName> {
  const named = (names.length === 0 ? Object.keys(stages) : names).filter(isStage);
  return new Set(named.flatMap((name) => [...(stages[name].needs ?? []), name]));
}

/** Runs the command of a stage; its output is shown as it comes, or in one piece at its end. */
function execute(stage: StageName, shown: 'live' | 'atEnd'): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', ...stages[stage].command], {
      cwd: root,
      env: { ...process.env, MIR_LAB_REPORT: reportOf(stage) },
      stdio: ['ignore', shown === 'live' ? 'inherit' : 'pipe', shown === 'live' ? 'inherit' : 'pipe'],
    });
    const output: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(output));
      resolve(code === 0);
    });
  });
}

function reportOn(stage: StageName, succeeded: boolean): StageReport {
  const { report } = stages[stage];
  if (report === undefined) return { passed: Number(succeeded), failed: Number(!succeeded), tests: [] };
  try {
    const read = report.read(readFileSync(report.file, 'utf8'));
    // A runner can fail outside its tests: an unhandled error, no test found.
    return succeeded || read.failed > 0 ? read : { ...read, failed: 1 };
  } catch {
    return { passed: 0, failed: 1, tests: [] };
  }
}

async function run(stage: StageName, shown: 'live' | 'atEnd'): Promise<Outcome> {
  const begun = performance.now();
  const report = reportOn(stage, await execute(stage, shown));
  const seconds = (performance.now() - begun) / 1_000;
  process.stdout.write(`── ${stage}: ${report.failed === 0 ? 'passed' : 'FAILED'} in ${seconds.toFixed(1)} s\n\n`);
  return { stage, seconds, ...report };
}

/** Runs the stages of a round, each after what it needs and after the one before it in its row. */
function runRound(rows: readonly (readonly StageName[])[]): Promise<Outcome[]> {
  const outcomes = new Map<StageName, Promise<Outcome>>();
  const outcomeOf = (stage: StageName): Promise<Outcome> => {
    const index = rows.findIndex((row) => row.includes(stage));
    const before = rows[index].slice(0, rows[index].indexOf(stage)).slice(-1);
    const needed = (stages[stage].needs ?? []).filter((need) => rows.some((row) => row.includes(need)));
    const outcome =
      outcomes.get(stage) ??
      Promise.all([...before, ...needed].map(outcomeOf)).then(() => run(stage, index === 0 ? 'live' : 'atEnd'));
    outcomes.set(stage, outcome);
    return outcome;
  };
  return Promise.all(rows.flat().map(outcomeOf));
}

function summary(outcomes: readonly Outcome[], seconds: number): string {
  const tests: TimedTest[] = outcomes.flatMap((outcome) => outcome.tests);
  const slowest = tests.toSorted((one, other) => other.seconds - one.seconds).slice(0, 10);
  const total = outcomes.reduce<Count>(
    (sum, { passed, failed }) => ({ passed: sum.passed + passed, failed: sum.failed + failed }),
    { passed: 0, failed: 0 },
  );
  const line = (time: number, text: string) => `${time.toFixed(1).padStart(7)} s  ${text}`;
  return [
    ...(slowest.length === 0
      ? []
      : ['The slowest tests:', ...slowest.map((test) => line(test.seconds, test.name)), '']),
    'The stages:',
    ...outcomes.map(({ stage, seconds: time }) => line(time, stage)),
    line(seconds, 'in all'),
    '',
    `${total.passed} passed, ${total.failed} failed\n`,
  ].join('\n');
}

const unknown = process.argv.slice(2).filter((name) => !isStage(name));
if (unknown.length > 0) {
  process.stderr.write(`There is no stage ${unknown.join(', ')}; name any of ${Object.keys(stages).join(', ')}.\n`);
  process.exit(2);
}

const begun = performance.now();
const wanted = wantedStages(process.argv.slice(2));
rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const outcomes: Outcome[] = [];
for (const round of rounds) {
  const rows = round.map((row) => row.filter((stage) => wanted.has(stage))).filter((row) => row.length > 0);
  outcomes.push(...(await runRound(rows)));
}
process.stdout.write(summary(outcomes, (performance.now() - begun) / 1_000));
process.exitCode = outcomes.every(({ failed }) => failed === 0) ? 0 : 1;
