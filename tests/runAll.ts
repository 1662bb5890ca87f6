import { spawn } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** One part of `npm test`. */
interface Stage {
  readonly name: string;
  /** An npm script, or a program of node_modules/.bin, with arguments. */
  readonly command: readonly string[];
  /** Reads passed and failed from the report that the stage wrote; without it the stage is one check. */
  readonly report?: { readonly file: string; readonly count: (json: string) => Count };
}

interface Count {
  readonly passed: number;
  readonly failed: number;
}

const root = fileURLToPath(new URL('..', import.meta.url));
const reports = fileURLToPath(new URL('../test-results/', import.meta.url));
const unitReport = `${reports}unit.json`;
const pageReport = `${reports}e2e.json`;

function countVitest(json: string): Count {
  const { numPassedTests, numFailedTests } = JSON.parse(json) as { numPassedTests: number; numFailedTests: number };
  return { passed: numPassedTests, failed: numFailedTests };
}

function countPlaywright(json: string): Count {
  const { stats } = JSON.parse(json) as { stats: { expected: number; flaky: number; unexpected: number } };
  return { passed: stats.expected + stats.flaky, failed: stats.unexpected };
}

/** Runs a stage to its end; output is shown as it comes, or at the end where stages run side by side. */
function execute({ name, command }: Stage, shown: 'live' | 'atEnd'): Promise<boolean> {
  const begun = performance.now();
  return new Promise((resolve) => {
    const child = spawn('npx', ['--no-install', ...command], {
      cwd: root,
      env: { ...process.env, MIR_LAB_REPORT: pageReport },
      stdio: ['ignore', shown === 'live' ? 'inherit' : 'pipe', shown === 'live' ? 'inherit' : 'pipe'],
    });
    const output: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => output.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => output.push(chunk));
    child.on('close', (code) => {
      process.stdout.write(Buffer.concat(output));
      const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
      process.stdout.write(`── ${name}: ${code === 0 ? 'passed' : 'FAILED'} in ${seconds} s\n\n`);
      resolve(code === 0);
    });
  });
}

async function run(stage: Stage, shown: 'live' | 'atEnd' = 'live'): Promise<Count> {
  const succeeded = await execute(stage, shown);
  const { report } = stage;
  if (report === undefined) return { passed: Number(succeeded), failed: Number(!succeeded) };
  try {
    const count = report.count(readFileSync(report.file, 'utf8'));
    // A runner can fail outside its tests: an unhandled error, no test found.
    return succeeded || count.failed > 0 ? count : { ...count, failed: 1 };
  } catch {
    return { passed: 0, failed: 1 };
  }
}

rmSync(reports, { recursive: true, force: true });
mkdirSync(reports, { recursive: true });

const counts: Count[] = [];
counts.push(await run({ name: 'data', command: ['tsx', 'src/cli/prepareMnist.ts'] }));
counts.push(
  ...(await Promise.all([
    run({ name: 'lint', command: ['eslint', '--max-warnings', '0', '.'] }, 'atEnd'),
    run({ name: 'types', command: ['npm', 'run', '-s', 'typecheck'] }, 'atEnd'),
  ])),
);
// Before the unit tests: Chromium brings the driver on which they test WebGPU in Node.
counts.push(await run({ name: 'browser', command: ['tsx', 'tests/e2e/installChromium.ts'] }));
counts.push(
  await run({
    name: 'unit tests',
    command: [
      'npm',
      'run',
      '-s',
      'test:unit',
      '--',
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${unitReport}`,
    ],
    report: { file: unitReport, count: countVitest },
  }),
);
counts.push(await run({ name: 'build', command: ['vite', 'build'] }));
counts.push(
  await run({
    name: 'browser tests',
    command: ['playwright', 'test', '--config', 'tests/e2e/playwright.config.ts'],
    report: { file: pageReport, count: countPlaywright },
  }),
);

const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exitCode = failed === 0 ? 0 : 1;
