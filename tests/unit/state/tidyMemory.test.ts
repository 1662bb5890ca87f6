import { afterEach, expect, it, vi } from 'vitest';
import { tidyMemory } from '../../../src/state/thisBrowser.ts';

afterEach(() => {
  vi.useRealTimers();
  Reflect.deleteProperty(performance, 'measureUserAgentSpecificMemory');
});

it('asks how much memory the page takes every ten seconds, only while it is busy, whatever the answer', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  tidyMemory(() => true);
  expect(vi.getTimerCount()).toBe(0);

  const ask = vi.fn(() => Promise.reject(new DOMException('In a frame.', 'SecurityError')));
  Object.defineProperty(performance, 'measureUserAgentSpecificMemory', { value: ask, configurable: true });
  let busy = false;
  tidyMemory(() => busy);
  await vi.advanceTimersByTimeAsync(30_000);
  expect(ask).toHaveBeenCalledTimes(0);
  busy = true;
  await vi.advanceTimersByTimeAsync(30_000);
  expect(ask).toHaveBeenCalledTimes(3);
});
