import type { ExperimentConfig, MethodName, Retrieval, Settings } from '../engine/config.ts';
import type { BackendChoice, Speed } from '../worker/protocol.ts';
import type { LabState } from './labState.ts';

/** What a viewer can do. Each takes effect within one step. */
export interface LabActions {
  play(): void;
  pause(): void;
  /** Trains one step, then pauses. */
  step(): void;
  /** The same weights and stream again, from step 0; each lane goes back to its method's own retrieval. */
  reset(): void;
  /** A fresh draw of weights, stream and memories. */
  newSeed(): void;
  setSpeed(speed: Speed): void;
  /** Switches a lane between random and MIR, now, without starting over. */
  setRetrieval(lane: number, retrieval: Retrieval): void;
  /** Changes what the lanes run; starts over at step 0. */
  setLaneMethod(lane: number, method: MethodName): void;
  addLane(method: MethodName): void;
  removeLane(lane: number): void;
  /** Changes settings; starts over at step 0. */
  applySettings(changes: Partial<Settings>): void;
  setExperiment(config: ExperimentConfig): void;
  setBackend(choice: BackendChoice): void;
  /** MNIST, CIFAR-10 or MiniImagenet from the viewer's own files. */
  openData(files: readonly File[]): void;
  /** Whether to use what is whole of data that is not. */
  usePartialData(use: boolean): void;
  /** Shows a run file as curves; on a bad file nothing shown is lost. */
  importRun(fileName: string, text: string): void;
  /** Leaves an imported run, or a lost worker, and gets a new run ready. */
  startAgain(): void;
  notify(tone: 'info' | 'warning' | 'error', text: string): void;
  dismiss(noticeId: number): void;
}

/** The store that the page reads. */
export type LabStore = LabState & { readonly actions: LabActions };
