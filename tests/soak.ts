import { type CDPSession, chromium, expect, type Page, type Worker } from '@playwright/test';
import { type AddressInfo } from 'node:net';
import { preview } from 'vite';
import { findChromium, quietArguments } from './e2e/findChromium.ts';
import { LabPage } from './e2e/labPage.ts';
import { SweepPage } from './e2e/sweepPage.ts';

/**
 * `npm run soak -- MINUTES [BACKEND]`: lanes and sweeps, one after the other, for that long (60) in the built page. What
 * the page takes must stay flat: it prints a table, and fails where the last third takes more than the one before.
 */
const minutes = Number(process.argv[2] ?? 60);
const backend = process.argv[3] ?? 'wasm';
if (!(minutes > 0) || !['wasm', 'cpu', 'webgpu'].includes(backend)) {
  process.stderr.write(
    `"${process.argv.slice(2).join(' ')}" is not MINUTES [wasm|cpu|webgpu], such as: npm run soak -- 10 wasm\n`,
  );
  process.exit(2);
}

const run = 'lanes=er,er-mir&samples-per-task=20&hidden=16&evaluation-interval=5&evaluation-size=20';
const sweep = `view=experiments&table=1&rows=split-mnist.er,split-mnist.er-mir&seeds=2&samples-per-task=20&hidden=8&backend=${backend}`;
/** Cycles for which nothing counts: programs are compiled, and the steps of Undo fill up. */
const warmUp = 3;

/** Counts what is alive in a worker: TensorFlow.js registers its engine on the worker's global object. */
const watchBuffers = `
  if (self.GPUDevice) {
    self.liveBuffers = 0;
    const { createBuffer } = GPUDevice.prototype;
    const { destroy } = GPUBuffer.prototype;
    const alive = new WeakSet();
    GPUDevice.prototype.createBuffer = function (...given) {
      const buffer = createBuffer.apply(this, given);
      alive.add(buffer);
      self.liveBuffers += 1;
      return buffer;
    };
    GPUBuffer.prototype.destroy = function () {
      if (alive.delete(this)) self.liveBuffers -= 1;
      return destroy.call(this);
    };
  }
`;

/** What is measured after each cycle, with how much it may grow from the second to the last third: a share, and a number. */
const bounds = {
  'heap MB': { share: 0.05, number: 1 },
  'all MB': { share: 0.05, number: 8 },
  'DOM nodes': { share: 0.05, number: 100 },
  listeners: { share: 0.05, number: 50 },
  workers: { share: 0, number: 0 },
  tensors: { share: 0, number: 0 },
  'tensor MB': { share: 0, number: 0.1 },
  'GPU buffers': { share: 0.05, number: 4 },
} as const;
type Measure = keyof typeof bounds;
type Sample = Readonly<Record<Measure, number>>;
const measures = Object.keys(bounds) as Measure[];

interface WorkerGlobal {
  readonly _tfengine?: { readonly state: { readonly numTensors: number; readonly numBytes: number } };
  readonly liveBuffers?: number;
}

function aliveIn(worker: Worker): Promise<{ tensors: number; bytes: number; buffers: number }> {
  return worker.evaluate(() => {
    const { _tfengine: engine, liveBuffers } = globalThis as WorkerGlobal;
    return {
      tensors: engine?.state.numTensors ?? 0,
      bytes: engine?.state.numBytes ?? 0,
      buffers: liveBuffers ?? 0,
    };
  });
}

async function measure(page: Page, session: CDPSession): Promise<Sample> {
  await session.send('HeapProfiler.collectGarbage');
  const { metrics } = await session.send('Performance.getMetrics');
  const metric = (name: string) => metrics.find((one) => one.name === name)?.value ?? NaN;
  const all = await page.evaluate(async () => {
    const memory = (performance as { measureUserAgentSpecificMemory?: () => Promise<{ bytes: number }> })
      .measureUserAgentSpecificMemory;
    return memory === undefined ? NaN : (await memory.call(performance)).bytes;
  });
  const workers = page.workers();
  const alive = await Promise.all(workers.map(aliveIn));
  const sum = (of: (one: (typeof alive)[number]) => number) => alive.reduce((total, one) => total + of(one), 0);
  return {
    'heap MB': metric('JSHeapUsedSize') / 1e6,
    'all MB': all / 1e6,
    'DOM nodes': metric('Nodes'),
    listeners: metric('JSEventListeners'),
    workers: workers.length,
    tensors: sum(({ tensors }) => tensors),
    'tensor MB': sum(({ bytes }) => bytes) / 1e6,
    'GPU buffers': sum(({ buffers }) => buffers),
  };
}

/**
 * One run of two lanes to its end, and one sweep of four runs, whose results are deleted again. It ends as it began: with
 * a run in the lab that has taken its first step.
 */
async function cycle(lab: LabPage): Promise<void> {
  await lab.page.getByRole('link', { name: 'Lab', exact: true }).click();
  await lab.button('Play').click();
  await lab.finish();
  await lab.page.getByRole('link', { name: 'Experiments' }).click();
  const experiments = new SweepPage(lab.page);
  await experiments.button('Run').click();
  await experiments.finish();
  await experiments.button('Clear this table').click();
  await experiments.button('Delete 4 runs').click();
  await lab.page.getByRole('link', { name: 'Lab', exact: true }).click();
  await lab.button('Reset').click();
  await lab.ready();
  await lab.button('Step').click();
  await lab.reach(1);
  await expect.poll(() => lab.page.workers().length, { timeout: 30_000 }).toBe(1);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[Math.floor(sorted.length / 2)] ?? NaN;
}

function line(cells: readonly string[]): string {
  return `${cells.map((cell) => cell.padStart(12)).join('')}\n`;
}

const figure = (value: number) => (Number.isInteger(value) ? String(value) : value.toFixed(2));
const row = (name: string, sample: Sample) => line([name, ...measures.map((what) => figure(sample[what]))]);

/** The median of each measure over some samples. */
function middle(samples: readonly Sample[]): Sample {
  return Object.fromEntries(measures.map((what) => [what, median(samples.map((one) => one[what]))])) as Sample;
}

const server = await preview({ preview: { port: 0, open: false }, logLevel: 'error' });
const executablePath = findChromium();
const graphics = backend === 'webgpu' ? ['--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'] : [];
const browser = await chromium.launch({
  // Without the flag a measurement of memory waits up to a minute for the garbage collector.
  args: [...quietArguments, ...graphics, '--enable-blink-features=ForceEagerMeasureMemory'],
  ...(executablePath === null ? {} : { executablePath }),
});
const samples: Sample[] = [];
try {
  const { port } = server.httpServer.address() as AddressInfo;
  const context = await browser.newContext({ baseURL: `http://localhost:${port}/` });
  const page = await context.newPage();
  await page.route('**/assets/worker-*.js', async (route) => {
    const response = await route.fetch();
    await route.fulfill({ response, body: `${watchBuffers};\n${await response.text()}` });
  });
  const session = await context.newCDPSession(page);
  await session.send('Performance.enable');
  const lab = new LabPage(page);
  await lab.open(run, `?backend=${backend}`);
  await lab.setSpeed(7);
  await page.goto(`./?backend=${backend}#${sweep}`);
  process.stdout.write(line(['cycle', ...measures]));
  const until = performance.now() + minutes * 60_000;
  for (let count = 1; performance.now() < until || samples.length < warmUp + 6; count++) {
    await cycle(lab);
    const sample = await measure(page, session);
    samples.push(sample);
    process.stdout.write(row(String(count), sample));
  }
} finally {
  await browser.close();
  await server.close();
}

const counted = samples.slice(warmUp);
const third = Math.floor(counted.length / 3);
const before = middle(counted.slice(third, 2 * third));
const last = middle(counted.slice(2 * third));
process.stdout.write(`\n${line(['median of', ...measures])}${row('2nd third', before)}${row('last third', last)}`);
const grown = measures.filter((what) => {
  const { share, number } = bounds[what];
  return last[what] - before[what] > Math.max(share * before[what], number);
});
process.stdout.write(
  grown.length === 0
    ? `\nFlat over ${samples.length} cycles: ${samples.length} runs of two lanes and ${4 * samples.length} runs of sweeps on ${backend}.\n`
    : `\nGrows: ${grown.join(', ')}, over ${samples.length} cycles on ${backend}.\n`,
);
// On wasm the networks lie in the kernels' own memory, which counts in "all MB".
const blind = backend !== 'wasm' && last.tensors === 0;
if (blind) process.stdout.write('No tensors were seen, so nothing is known of them.\n');
process.exitCode = grown.length === 0 && !blind ? 0 : 1;
