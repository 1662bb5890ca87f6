import * as tf from '@tensorflow/tfjs';
import { type BackendName, backendNames } from '../core/config.ts';
import { type BackendReport, stepTimeWords } from '../core/events.ts';
import { type Choosing, choiceKey, keptTimes, quickest, timeBackends, warmUp, trialSteps } from './backendChoice.ts';
import { checkNumbers } from './numberCheck.ts';
import { compileAhead } from './programs/dispatch.ts';
import {
  GraphicsFailure,
  driverWords,
  type AdapterInfo,
  deviceName,
  isSoftware,
  softwareRenderers,
} from './programs/runProgram.ts';
import { useOwnKernels } from './programs/ownKernels.ts';

/** What is watched of a GPU device. */
export interface WatchedDevice {
  readonly lost: Promise<{ readonly message: string }>;
  addEventListener(
    kind: 'uncapturederror',
    listener: (event: { readonly error: { readonly message: string } }) => void,
  ): void;
}

/** Tells of the first thing that goes wrong with a device: that it is lost, or an error that nobody caught. */
export function watchDevice(device: WatchedDevice, onFailure: (failure: GraphicsFailure) => void): void {
  let told = false;
  const tell = (failure: GraphicsFailure) => {
    if (told) return;
    told = true;
    onFailure(failure);
  };
  // TensorFlow.js never destroys its device, so one that was destroyed is lost as well.
  void device.lost.then(({ message }) =>
    tell(new GraphicsFailure('lost', `The graphics device was lost${driverWords(message)}.`)),
  );
  device.addEventListener('uncapturederror', ({ error }) =>
    tell(
      new GraphicsFailure(
        'error',
        `The graphics card reported an error${driverWords(error.message)}, so its numbers cannot be trusted.`,
      ),
    ),
  );
}

/** Where the wasm backend's three .wasm files are: a directory, or the address of each by its name. */
export type WasmFiles = string | Readonly<Record<string, string>>;

/** Whether the wasm backend may compute with several threads where it can, or other workers need the processor, too. */
export type WasmThreads = 'several' | 'one';

/** What a backend says of itself once it has started. */
interface Started {
  readonly device: string;
  readonly hardware: boolean;
}

interface Adapter {
  readonly info?: AdapterInfo;
  readonly isFallbackAdapter?: boolean;
}

interface GraphicsProcessor {
  requestAdapter(options: { powerPreference: 'high-performance' }): Promise<Adapter | null>;
}

/** What the surroundings tell of the machine; nothing in an older Node. */
function machine(): { readonly gpu?: GraphicsProcessor; readonly hardwareConcurrency?: number } {
  return (globalThis as { navigator?: ReturnType<typeof machine> }).navigator ?? {};
}

/**
 * Starts a backend of TensorFlow.js and makes it the current one. On graphics hardware it takes a few small training
 * steps first: a card that gives wrong numbers is not used. A start that comes while another is under way waits for it.
 *
 * @param choice a backend, or `auto`: webgpu on hardware, else webgl on hardware, else wasm, else cpu
 * @param wasmFiles where the wasm backend's files are
 * @param onFailure called if the graphics device is lost later, or reports an error; a start after that makes a new device
 * @param wasmThreads of the wasm backend, which has a thread for every two cores, up to eight, in a browser that lets them share memory
 * @param choosing lanes for which `auto` takes the quickest backend where there is graphics hardware, by a measurement
 *   of a few steps that is kept; all programs of the lanes are then made already
 * @throws GraphicsFailure if the chosen backend's card gives wrong numbers
 * @throws Error if the chosen backend, or with `auto` every backend, does not start
 */
export function startBackend(
  choice: BackendName | 'auto',
  wasmFiles: WasmFiles,
  onFailure: (failure: GraphicsFailure) => void = () => undefined,
  wasmThreads: WasmThreads = 'one',
  choosing: Choosing | null = null,
): Promise<BackendReport> {
  // TensorFlow.js gives up a backend that is starting when another start begins.
  const started = lastStart.then(() => startAlone(choice, wasmFiles, onFailure, wasmThreads, choosing));
  lastStart = started.catch(() => undefined);
  return started;
}

let lastStart: Promise<unknown> = Promise.resolve();

async function startAlone(
  choice: BackendName | 'auto',
  wasmFiles: WasmFiles,
  onFailure: (failure: GraphicsFailure) => void,
  wasmThreads: WasmThreads,
  choosing: Choosing | null,
): Promise<BackendReport> {
  const begin = (name: BackendName) => start(name, wasmFiles, onFailure, wasmThreads);
  const passedOver: { name: BackendName; reason: string }[] = [];
  let distrusted = false;
  for (const name of choice === 'auto' ? backendNames : [choice]) {
    if (distrusted && isGraphics(name)) {
      passedOver.push({ name, reason: 'It would compute on the same graphics card.' });
      continue;
    }
    try {
      const { device, hardware } = await begin(name);
      const report = { name, device, hardware, passedOver };
      if (choosing !== null && hardware) {
        return choice === 'auto'
          ? await quickestFor(choosing, report, wasmThreads, begin)
          : await prepared(report, choosing);
      }
      if (choice === name || hardware || !isGraphics(name)) return report;
      passedOver.push({
        name,
        reason: `It would run on "${device}", a graphics card imitated in software, which is slower than wasm.`,
      });
    } catch (error) {
      distrusted = error instanceof GraphicsFailure;
      if (distrusted && choice === name) throw error;
      passedOver.push({ name, reason: error instanceof Error ? error.message : String(error) });
    }
  }
  const tried = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join(' ');
  // So it is without a connection, and where the site was made anew while its page was open.
  const remedy = tried.includes(notFetched)
    ? 'Check the connection, and load the page again.'
    : 'Choose another backend.';
  throw new Error(`No backend could be started. ${tried} ${remedy}`);
}

/**
 * On webgpu, compiles the programs of the lanes' first two tasks together, where they would be waited for one by one:
 * of their steps, traces, evaluations and reconstructions.
 */
async function compiledAhead(report: BackendReport, { lanes, now }: Pick<Choosing, 'lanes' | 'now'>): Promise<void> {
  if (report.name !== 'webgpu') return;
  const steps = (block: () => number) => trialSteps(lanes, block, report);
  await compileAhead(() => warmUp({ steps, now })).catch(() => undefined);
}

/** A backend on graphics hardware, with all programs of the lanes made. */
async function prepared(report: BackendReport, choosing: Choosing): Promise<BackendReport> {
  const { lanes, now, onPreparing } = choosing;
  onPreparing();
  await compiledAhead(report, choosing);
  // What cannot be done the run itself will say.
  await warmUp({ steps: (block) => trialSteps(lanes, block), now }).catch(() => undefined);
  throwIfBroken(report.name);
  return report;
}

/**
 * The quickest backend for some lanes.
 *
 * @param found what has started, on graphics hardware
 */
async function quickestFor(
  choosing: Choosing,
  found: BackendReport,
  wasmThreads: WasmThreads,
  begin: (name: BackendName) => Promise<Started>,
): Promise<BackendReport> {
  const { lanes, store, now, onPreparing } = choosing;
  const key = choiceKey(found.device, wasmThreads, lanes);
  const kept = keptTimes(await store.get(key));
  if (kept === null) onPreparing();
  const others = backendNames.filter((name) => (name === 'wasm' || name === 'webgl') && name !== found.name);
  const parts = {
    async begin(name: BackendName) {
      const { hardware } = await begin(name);
      if (isGraphics(name) && !hardware) throw new Error('A graphics card imitated in software is slower than wasm.');
    },
    steps: (block: () => number) => trialSteps(lanes, block),
    now,
  };
  if (kept === null) await compiledAhead(found, choosing);
  // WASM is the likelier rival, and needs no programs.
  const times = kept ?? (await timeBackends(found.name, others.reverse(), parts));
  throwIfBroken(found.name);
  if (times === null || times.length < 2) {
    await begin(found.name);
    return found;
  }
  if (kept === null) await store.set(key, times);
  const best = quickest(times);
  const { device, hardware } = best.name === found.name ? found : await begin(best.name);
  if (best.name === found.name) await makeCurrent(found.name);
  // Its context would stay with the browser, which has only a few.
  if (kept === null && best.name !== 'webgl' && times.some(({ name }) => name === 'webgl')) renew('webgl');
  const slower = times.flatMap((time) =>
    backendNames.indexOf(time.name) < backendNames.indexOf(best.name)
      ? [{ name: time.name, reason: `A step of these lanes takes ${stepTimeWords(time)} there.` }]
      : [],
  );
  const report = { name: best.name, device, hardware, passedOver: [...found.passedOver, ...slower], measured: times };
  return kept !== null && hardware ? prepared(report, choosing) : report;
}

function isGraphics(name: BackendName): boolean {
  return name === 'webgpu' || name === 'webgl';
}

async function start(
  name: BackendName,
  wasmFiles: WasmFiles,
  onFailure: (failure: GraphicsFailure) => void,
  wasmThreads: WasmThreads,
): Promise<Started> {
  dropBroken();
  switch (name) {
    case 'webgpu':
      return sound(name, await startWebgpu(onFailure));
    case 'webgl':
      return sound(name, await startWebgl(onFailure));
    case 'wasm':
      return startWasm(wasmFiles, wasmThreads);
    case 'cpu':
      await fetched(import('@tensorflow/tfjs-backend-cpu'));
      await makeCurrent('cpu');
      return { device: 'JavaScript', hardware: false };
    default:
      return name satisfies never;
  }
}

const notFetched = 'Its code could not be fetched.';

/** Code that a page fetches when it is needed. */
async function fetched<Code>(code: Promise<Code>): Promise<Code> {
  return code.catch(() => {
    throw new Error(notFetched);
  });
}

async function makeCurrent(name: BackendName): Promise<void> {
  const started = await tf.setBackend(name);
  if (!started) throw new Error(`TensorFlow.js could not start its ${name} backend here.`);
  await tf.ready();
}

/** Backends whose device cannot go on, and why. */
const broken = new Map<BackendName, GraphicsFailure>();
/** Who is to be told of each backend's device: the one who started it last. */
const listeners = new Map<BackendName, (failure: GraphicsFailure) => void>();
/** Backends of TensorFlow.js that are watched, and those whose numbers were right. */
const watched = new WeakSet<object>();
const trusted = new WeakSet<object>();

/** Lets go of devices that cannot go on, so that a backend which is started again asks for a new one. */
function dropBroken(): void {
  for (const name of broken.keys()) renew(name);
  broken.clear();
}

/** Lets go of a backend that has started; it can be started again. */
function renew(name: BackendName): void {
  const factory = tf.findBackendFactory(name);
  tf.removeBackend(name);
  tf.registerBackend(name, factory);
}

function throwIfBroken(name: BackendName): void {
  const failure = broken.get(name);
  if (failure !== undefined) throw failure;
}

/** Watches the device of the current backend, once. */
function watch(
  name: BackendName,
  onFailure: (failure: GraphicsFailure) => void,
  begin: (tell: (failure: GraphicsFailure) => void) => void,
): void {
  listeners.set(name, onFailure);
  const backend = tf.backend();
  if (watched.has(backend)) return;
  watched.add(backend);
  begin((failure) => {
    broken.set(name, failure);
    listeners.get(name)?.(failure);
  });
}

/** What has started, unless it is hardware that gives wrong numbers. */
async function sound(name: BackendName, started: Started): Promise<Started> {
  const backend = tf.backend();
  if (!started.hardware || trusted.has(backend)) return started;
  await checkNumbers();
  throwIfBroken(name);
  trusted.add(backend);
  return started;
}

async function startWebgpu(onFailure: (failure: GraphicsFailure) => void): Promise<Started> {
  const { gpu } = machine();
  if (gpu === undefined) throw new Error('This browser has no WebGPU.');
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new Error('This browser has WebGPU but finds no graphics card that it may use.');
  const info = adapter.info ?? {};
  const device = deviceName(info);
  const software = adapter.isFallbackAdapter === true || isSoftware(info);
  await fetched(import('@tensorflow/tfjs-backend-webgpu'));
  await makeCurrent('webgpu');
  // A submit costs more JavaScript than a dispatch; reading back submits what is left.
  tf.env().set('WEBGPU_DEFERRED_SUBMIT_BATCH_SIZE', 1000);
  // Small tensors, too, are computed on the device: what the processor computed would be frozen into recordings.
  tf.env().set('WEBGPU_CPU_FORWARD', false);
  useOwnKernels('webgpu');
  const { device: watchedDevice } = tf.backend() as unknown as { readonly device: WatchedDevice };
  watch('webgpu', onFailure, (tell) => watchDevice(watchedDevice, tell));
  return { device, hardware: !software };
}

async function startWebgl(onFailure: (failure: GraphicsFailure) => void): Promise<Started> {
  await fetched(import('@tensorflow/tfjs-backend-webgl'));
  await makeCurrent('webgl');
  if (!tf.env().getBool('WEBGL_RENDER_FLOAT32_ENABLED')) {
    throw new Error('WebGL here cannot compute in 32-bit floating point.');
  }
  const { gl } = (tf.backend() as unknown as { gpgpu: { gl: WebglContext } }).gpgpu;
  watch('webgl', onFailure, (tell) =>
    gl.canvas.addEventListener('webglcontextlost', () =>
      tell(new GraphicsFailure('lost', 'The graphics card was taken away from WebGL.')),
    ),
  );
  const names = gl.getExtension('WEBGL_debug_renderer_info');
  const device = String(gl.getParameter(names?.UNMASKED_RENDERER_WEBGL ?? gl.RENDERER));
  return { device, hardware: !softwareRenderers.test(device) };
}

interface WebglContext {
  readonly RENDERER: number;
  readonly canvas: { addEventListener(kind: 'webglcontextlost', listener: () => void): void };
  getExtension(name: 'WEBGL_debug_renderer_info'): { readonly UNMASKED_RENDERER_WEBGL: number } | null;
  getParameter(name: number): unknown;
}

/** TensorFlow.js takes the paths once, before the backend first starts. */
let wasmPathsAreSet = false;

/** With fewer cores than this TensorFlow.js would start its build with threads, and then use one. */
const fewestCoresForThreads = 4;

async function startWasm(wasmFiles: WasmFiles, wasmThreads: WasmThreads): Promise<Started> {
  const wasm = await fetched(import('@tensorflow/tfjs-backend-wasm'));
  if (!wasmPathsAreSet) wasm.setWasmPaths(typeof wasmFiles === 'string' ? wasmFiles : { ...wasmFiles });
  wasmPathsAreSet = true;
  const { hardwareConcurrency = 1 } = machine();
  if (wasmThreads === 'one' || hardwareConcurrency < fewestCoresForThreads)
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
  await makeCurrent('wasm');
  useOwnKernels('wasm');
  const threads = wasm.getThreadsCount();
  return { device: threads > 1 ? `processor, ${threads} threads` : 'processor, 1 thread', hardware: false };
}
