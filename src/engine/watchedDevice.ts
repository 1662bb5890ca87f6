import { driverWords, GraphicsFailure } from './programs/graphicsFailure.ts';

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
