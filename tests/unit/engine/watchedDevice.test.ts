import { expect, it } from 'vitest';
import type { GraphicsFailure } from '../../../src/engine/programs/runProgram.ts';
import { type WatchedDevice, watchDevice } from '../../../src/engine/backends.ts';

/** A device that fails when it is told to. */
function fragileDevice() {
  let settle: (info: { message: string }) => void = () => undefined;
  const lost = new Promise<{ message: string }>((resolve) => (settle = resolve));
  const listeners: ((event: { error: { message: string } }) => void)[] = [];
  const device: WatchedDevice = { lost, addEventListener: (_kind, listener) => listeners.push(listener) };
  const failures: GraphicsFailure[] = [];
  watchDevice(device, (failure) => failures.push(failure));
  return {
    failures,
    async lose(message: string) {
      settle({ message });
      await lost;
    },
    report(message: string) {
      for (const listener of listeners) listener({ error: { message } });
    },
  };
}

it('tells of a device that is lost', async () => {
  const device = fragileDevice();
  await device.lose('driver reset.');
  expect(device.failures.map(({ trouble, message }) => [trouble, message])).toEqual([
    ['lost', 'The graphics device was lost (driver reset).'],
  ]);
});

it('tells of the first error that nobody caught, with the first line of what the driver says, and of nothing after it', async () => {
  const device = fragileDevice();
  device.report(`Binding size is larger than the limit.\n - While calling dispatch`);
  device.report('Another.');
  await device.lose('gone');
  expect(device.failures.map(({ trouble, message }) => [trouble, message])).toEqual([
    [
      'error',
      'The graphics card reported an error (Binding size is larger than the limit), so its numbers cannot be trusted.',
    ],
  ]);
});
