import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { ImageView } from '../../../src/core/dataset.ts';
import type { DecodedRetrievalReport, TracedStep } from '../../../src/core/events.ts';
import type { PageEvent } from '../../../src/link/protocol.ts';
import { EventGroup, thumbnailsOf } from '../../../src/worker/eventGroup.ts';
import { syntheticDataset } from '../engine/syntheticDataset.ts';

const dataset = syntheticDataset(2, 1);
const view: ImageView = { range: [0, 1], permutation: () => null };
const thumbnails = (step: TracedStep) => thumbnailsOf(dataset, view, step);
const stepped = (step: number) => ({ kind: 'stepped', step, task: 1 }) as const;

it('sends every event once, in order, never two groups within 50 ms', () => {
  fc.assert(
    fc.property(fc.array(fc.record({ wait: fc.nat(70), events: fc.nat(3) }), { maxLength: 60 }), (turns) => {
      const sent: { at: number; events: readonly PageEvent[] }[] = [];
      let now = 0;
      let step = 0;
      const group = new EventGroup(thumbnails, (events) => sent.push({ at: now, events }));
      for (const { wait, events } of turns) {
        now += wait;
        for (let i = 0; i < events; i++) group.add(stepped(++step));
        const due = group.dueIn(now);
        const before = sent.length;
        group.sendIfDue(now);
        expect(sent.length > before).toBe(due === 0);
      }
      sent.slice(1).forEach(({ at }, index) => expect(at - sent[index].at).toBeGreaterThanOrEqual(50));
      group.sendAll(now);
      group.sendAll(now);
      expect(group.dueIn(now)).toBe(Infinity);
      expect(sent.every(({ events }) => events.length > 0)).toBe(true);
      expect(sent.flatMap(({ events }) => events)).toEqual(
        Array.from({ length: step }, (_, index) => stepped(index + 1)),
      );
    }),
  );
});

it('hands the pictures of a traced step over instead of copying them', () => {
  const transferred: Transferable[] = [];
  const sent: PageEvent[] = [];
  const group = new EventGroup(thumbnails, (events, transfer) => {
    sent.push(...events);
    transferred.push(...transfer);
  });
  const sample = { sample: 3, label: 3, task: 2 };
  const traced: TracedStep = {
    kind: 'traced',
    lane: 0,
    step: 1,
    task: 1,
    incoming: [sample],
    loss: 1,
    learningRate: 0.1,
    losses: null,
    retrieval: null,
    figures: null,
  };
  group.add(traced);
  group.sendAll(0);
  const [event] = sent;
  if (event.kind !== 'traced') throw new Error('A traced step was added.');
  expect(event).toMatchObject(traced);
  expect(event.thumbnails.incoming).toEqual(dataset.train.pixels.slice(3 * 36, 4 * 36));
  expect([event.thumbnails.mirPicks.length, event.thumbnails.randomPicks.length]).toEqual([0, 0]);
  expect(transferred).toEqual([
    event.thumbnails.incoming.buffer,
    event.thumbnails.candidates.buffer,
    event.thumbnails.mirPicks.buffer,
    event.thumbnails.randomPicks.buffer,
  ]);
});

it('hands over what a decoder made, with no buffer twice, and it arrives whole', () => {
  const none = new Uint8Array(0);
  const retrieval: DecodedRetrievalReport = {
    kind: 'generated',
    used: 'mir',
    mirPicks: [{ label: 1, confidence: 0.5, task: null, lossBefore: 0.1, lossAfter: 0.4 }],
    randomPicks: [],
    path: null,
    pictures: {
      mirPicks: new Uint8Array([1]),
      randomPicks: none,
      path: none,
      dreams: new Uint8Array([2]),
      reconstructions: new Uint8Array([3]),
    },
  };
  const rebuilt = {
    kind: 'reconstructed',
    lane: 0,
    step: 1,
    samples: [{ label: 1, task: 1 }],
    pictures: { originals: new Uint8Array([4]), reconstructions: new Uint8Array([5]) },
  } as const;
  const arrived: PageEvent[] = [];
  const group = new EventGroup(thumbnails, (events, transfer) =>
    arrived.push(...structuredClone(events, { transfer })),
  );
  const traced: TracedStep = {
    kind: 'traced',
    lane: 0,
    step: 1,
    task: 2,
    incoming: [{ sample: 3, label: 3, task: 2 }],
    loss: 1,
    learningRate: 0.1,
    losses: null,
    retrieval,
    figures: null,
  };
  group.add(traced);
  group.add(rebuilt);
  group.sendAll(0);
  const [first, second] = arrived;
  if (first.kind !== 'traced' || second.kind !== 'reconstructed')
    throw new Error('A traced step and reconstructions were added.');
  expect([first.thumbnails.mirPicks, first.thumbnails.randomPicks]).toEqual([new Uint8Array([1]), new Uint8Array(0)]);
  expect(first.retrieval).toMatchObject({
    kind: 'generated',
    pictures: { dreams: new Uint8Array([2]), reconstructions: new Uint8Array([3]) },
  });
  expect(second.pictures).toEqual({ originals: new Uint8Array([4]), reconstructions: new Uint8Array([5]) });
  expect(retrieval.pictures.dreams.length).toBe(0);
});
