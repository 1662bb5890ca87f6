import { expect, it } from 'vitest';
import type { ExperimentEvent } from '../../../src/core/events.ts';
import { type Arrival, ReadBacks, together } from '../../../src/engine/recorder.ts';

const stepped = (step: number): ExperimentEvent => ({ kind: 'stepped', step, task: 1 });

it('hands out the events of one step only when those of all lanes have arrived', async () => {
  const readBacks = new ReadBacks(8);
  const later: ((arrival: Arrival) => void)[] = [];
  const slow = new Promise<Arrival>((resolve) => later.push(resolve));
  readBacks.push(together([Promise.resolve(() => [stepped(1)]), slow]));
  await Promise.resolve();
  expect(await readBacks.arrived()).toEqual([]);
  later[0](() => [stepped(2)]);
  expect(await readBacks.all()).toEqual([stepped(1), stepped(2)]);
});

it('throws what one of them threw', async () => {
  const readBacks = new ReadBacks(8);
  readBacks.push(together([Promise.resolve(() => []), Promise.reject(new Error('device lost'))]));
  await expect(readBacks.all()).rejects.toThrow('device lost');
});
