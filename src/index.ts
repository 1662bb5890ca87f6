/**
 * What the package exports: the engine, to run in Node or in a page of one's own. It holds TensorFlow.js as a
 * dependency; nothing of this project's page comes along.
 */
import * as tf from '@tensorflow/tfjs';
import type { BackendName } from './core/config.ts';
import { DataError, type FileReference, type WholeDataset, type WholeSet } from './core/dataset.ts';
import type { BackendReport } from './core/events.ts';
import { startBackend as startEngineBackend, type WasmFiles, type WasmThreads } from './engine/backends.ts';
import { joinIdx, mnistClassNames, parseIdx, unpackedIdx } from './engine/data/idx.ts';

export {
  type BackendName,
  backendNames,
  presetConfig,
  type Retrieval,
  type RunConfig,
  type ScenarioName,
  scenarioNames,
  type Settings,
} from './core/config.ts';
export type { Checkpoint, LaneCheckpoint } from './core/checkpoint.ts';
export { CheckpointError } from './core/checkpoint.ts';
export { type MethodName, methodNames, methodsOf } from './core/methods.ts';
export {
  DataError,
  type Dataset,
  type ImageBytes,
  type ImageSet,
  type WholeDataset,
  type WholeSet,
} from './core/dataset.ts';
export type { BackendReport, EvaluationEvent, ExperimentEvent, RunResult } from './core/events.ts';
export { averageAccuracy, averageForgetting, interval, type RunMetrics, runMetrics } from './core/metrics.ts';
export { openCifar10Files } from './engine/data/cifar10.ts';
export { readTar } from './engine/data/archives.ts';
export { type ExperimentOptions, runExperiment } from './engine/experiment.ts';

/** What this file takes of Node, where it runs there; a browser has none of it. */
interface NodeProcess {
  getBuiltinModule(name: 'node:fs/promises'): { readFile(path: string): Promise<Uint8Array<ArrayBuffer>> };
  getBuiltinModule(name: 'node:url'): { fileURLToPath(url: string): string };
}

function node(): NodeProcess | null {
  const { process } = globalThis as { readonly process?: Partial<NodeProcess> };
  return process?.getBuiltinModule === undefined ? null : (process as NodeProcess);
}

/** What {@link startBackend} may be told. */
export interface BackendOptions {
  /**
   * Where the three .wasm files of `@tensorflow/tfjs-backend-wasm` are: a folder, or the address of each by its name.
   * Node finds them in the installed package; in a browser the wasm backend needs them.
   */
  readonly wasmFiles?: WasmFiles;
  /** Called with a sentence if the graphics device is lost later, or reports an error: its numbers are then not to be trusted. */
  readonly onLost?: (reason: string) => void;
  /** Whether the wasm backend may take several threads in a browser that lets them share memory. One, unless told. */
  readonly wasmThreads?: WasmThreads;
}

/**
 * Starts a backend of TensorFlow.js and makes it the current one, once before any experiment.
 *
 * @param choice a backend, or `auto`: webgpu on hardware, else webgl on hardware, else wasm, else cpu
 * @throws Error if the chosen backend, or with `auto` every backend, does not start
 */
export async function startBackend(
  choice: BackendName | 'auto' = 'auto',
  { wasmFiles, onLost, wasmThreads }: BackendOptions = {},
): Promise<BackendReport> {
  const inNode = node();
  // Keeps TensorFlow.js from printing its advice on another package for Node.
  if (inNode !== null) tf.enableProdMode();
  const files = wasmFiles ?? (inNode === null ? '' : wasmFolder(inNode));
  return startEngineBackend(choice, files, ({ message }) => onLost?.(message), wasmThreads);
}

/** The folder of the installed wasm backend. */
function wasmFolder(inNode: NodeProcess): string {
  const url = new URL('.', import.meta.resolve('@tensorflow/tfjs-backend-wasm'));
  return inNode.getBuiltinModule('node:url').fileURLToPath(url.href);
}

/** The bytes of MNIST's four IDX files, packed with gzip or not. */
export interface MnistFiles {
  readonly trainImages: Uint8Array<ArrayBuffer>;
  readonly trainLabels: Uint8Array<ArrayBuffer>;
  readonly testImages: Uint8Array<ArrayBuffer>;
  readonly testLabels: Uint8Array<ArrayBuffer>;
}

const mnistFileNames: Readonly<Record<keyof MnistFiles, string>> = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
};

function mnistFile(name: string): FileReference {
  return { name, remedy: "MNIST's four files, as they are published, are needed." };
}

async function readMnistFolder(folder: string): Promise<MnistFiles> {
  const inNode = node();
  if (inNode === null) throw new TypeError('readMnist takes a folder in Node only; here it takes the four files.');
  const files = inNode.getBuiltinModule('node:fs/promises');
  const read = async (name: string) =>
    files.readFile(`${folder}/${name}`).catch(() =>
      files.readFile(`${folder}/${name}.gz`).catch(() => {
        throw new DataError(mnistFile(`${folder}/${name}`), 'cannot be read, with or without .gz at its end', null);
      }),
    );
  return {
    trainImages: await read(mnistFileNames.trainImages),
    trainLabels: await read(mnistFileNames.trainLabels),
    testImages: await read(mnistFileNames.testImages),
    testLabels: await read(mnistFileNames.testLabels),
  };
}

/**
 * Reads MNIST.
 *
 * @param files the four IDX files, or in Node the folder that they are in
 * @throws DataError that names the file and says what is wrong with it
 */
export async function readMnist(files: MnistFiles | string): Promise<WholeDataset> {
  const given = typeof files === 'string' ? await readMnistFolder(files) : files;
  async function half(images: keyof MnistFiles, labels: keyof MnistFiles) {
    const [imageFile, labelFile] = [mnistFile(mnistFileNames[images]), mnistFile(mnistFileNames[labels])];
    const found = parseIdx(imageFile, await unpackedIdx(imageFile, given[images]), mnistClassNames.length);
    if (found.kind !== 'images') throw new DataError(imageFile, 'holds labels; images are needed', null);
    const named = parseIdx(labelFile, await unpackedIdx(labelFile, given[labels]), mnistClassNames.length);
    if (named.kind !== 'labels') throw new DataError(labelFile, 'holds images; labels are needed', null);
    const set: WholeSet = joinIdx(found, named, imageFile.name, labelFile);
    return { set, shape: [found.height, found.width, 1] as const };
  }
  const train = await half('trainImages', 'trainLabels');
  const test = await half('testImages', 'testLabels');
  if (test.shape.join() !== train.shape.join()) {
    const sizes = `${test.shape.join(' × ')}; the training images have ${train.shape.join(' × ')}`;
    throw new DataError(mnistFile(mnistFileNames.testImages), `has images of ${sizes}`, null);
  }
  return { name: 'MNIST', imageShape: train.shape, classNames: mnistClassNames, train: train.set, test: test.set };
}
