import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/**
 * `npm run test:faults`: the tests of `*.faults.test.ts` with many hostile inputs and faults, those of units first, then
 * those of pages. FAULT_RUNS=1000 asks for another number, FAULT_SEED=7 for others than those of this moment; `units` or
 * `pages` for one half. It ends with how long it took.
 */
process.env.FAULT_RUNS ??= 'many';
process.env.FAULT_SEED ??= String(1 + (Date.now() % 999_999));
const wanted = process.argv.slice(2);
const halves = {
  units: [['vitest', 'run', '--config', 'tests/unit/vitest.config.ts', '.faults.test.ts']],
  pages: [
    ['tsx', 'tests/e2e/installChromium.ts'],
    ['npm', 'run', '-s', 'build'],
    // A pattern for whole paths: without its backslashes a folder named "faults" above would choose every test.
    [
      'playwright',
      'test',
      '--config',
      'tests/e2e/playwright.config.ts',
      '--project=wasm',
      String.raw`\.faults\.test\.ts$`,
    ],
  ],
} as const;
if (wanted.some((name) => !Object.hasOwn(halves, name))) {
  process.stderr.write(`"${wanted.join(' ')}" is not units or pages, such as: npm run test:faults -- pages\n`);
  process.exit(2);
}
const again = `FAULT_SEED=${process.env.FAULT_SEED} npm run test:faults`;
process.stdout.write(`${again}\n`);
const begun = performance.now();
for (const [half, commands] of Object.entries(halves)) {
  if (wanted.length > 0 && !wanted.includes(half)) continue;
  for (const command of commands) {
    const cwd = fileURLToPath(new URL('..', import.meta.url));
    const { status } = spawnSync('npx', ['--no-install', ...command], { cwd, stdio: 'inherit' });
    if (status !== 0) process.exitCode = 1;
  }
}
const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
process.stdout.write(`${process.exitCode === 1 ? 'Failed' : 'Passed'} after ${minutes} min. To repeat it: ${again}\n`);
