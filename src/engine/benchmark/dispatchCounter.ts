/** Counts what is asked of a graphics device. */
interface DispatchCounter {
  readonly dispatches: number;
  readonly submits: number;
  /** Leaves the device's classes as they were. */
  stop(): void;
}

/**
 * Starts to count all dispatches and submits of this process, those of recordings that are played, too; null where WebGPU
 * has not been started.
 */
export function dispatchCounter(): DispatchCounter | null {
  // Node has no WebGPU of its own; startNodeBackend provides it.
  const { GPUComputePassEncoder: pass, GPUQueue: queue } = globalThis as {
    readonly GPUComputePassEncoder?: typeof GPUComputePassEncoder;
    readonly GPUQueue?: typeof GPUQueue;
  };
  if (pass === undefined || queue === undefined) return null;
  const counter = { dispatches: 0, submits: 0 };
  // They are called with the encoder and the queue they were taken from.
  // eslint-disable-next-line @typescript-eslint/unbound-method
  const original = { dispatch: pass.prototype.dispatchWorkgroups, submit: queue.prototype.submit };
  pass.prototype.dispatchWorkgroups = function (x, y, z) {
    counter.dispatches += 1;
    original.dispatch.call(this, x, y, z);
    return undefined;
  };
  queue.prototype.submit = function (commands) {
    counter.submits += 1;
    original.submit.call(this, commands);
    return undefined;
  };
  return Object.assign(counter, {
    stop() {
      pass.prototype.dispatchWorkgroups = original.dispatch;
      queue.prototype.submit = original.submit;
    },
  });
}
