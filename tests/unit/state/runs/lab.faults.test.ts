import { IDBFactory, IDBObjectStore } from 'fake-indexeddb';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { GraphicsFailure } from '../../../../src/engine/programs/runProgram.ts';
import type { LabState } from '../../../../src/state/labState.ts';
import { openKeptRunArchive } from '../../../../src/state/runs/keepRuns.ts';
import type { PlayerParts } from '../../../../src/worker/player.ts';
import { startTestBackend } from '../../engine/startTestBackend.ts';
import { faultRuns, faultSeed } from '../../faultRuns.ts';
import { quiet, smallExperiment, smallTotalSteps } from '../../worker/recordedPlayer.ts';
import { until } from '../openLab.ts';
import { openRuns } from './openRuns.ts';

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

const config = { ...smallExperiment, lanes: [...(['fine-tune', 'er', 'er-mir'] as const)] };

/** What a run has measured. */
const measured = ({ shown }: LabState) =>
  shown?.lanes.map(({ losses, evaluations, counts }) => ({
    losses,
    // Only those of the ends of tasks are kept with their answers.
    evaluations: evaluations.map(({ confusion, ...rest }) => (rest.taskEnd ? { ...rest, confusion } : rest)),
    counts,
  }));

type Page = ReturnType<typeof openRuns> & {
  readonly loseDevice: () => void;
  /** The run's checkpoint when the browser's storage was full last, by its step. */
  fullAt: number;
};

/** A page on a card that computes as the processor does, and can be lost. */
function openPage(reloaded: string | null = null): Page {
  let lose: (failure: GraphicsFailure) => void = () => {};
  const startBackend: PlayerParts['startBackend'] = async (choice, onFailure) => {
    const report = await startTestBackend('cpu');
    if (choice === 'wasm') return { ...report, name: 'wasm' };
    lose = onFailure;
    return { ...report, name: 'webgpu', hardware: true };
  };
  const page = openRuns({ config, backendChoice: 'auto' }, { reloaded, parts: { startBackend } });
  const loseDevice = () => lose(new GraphicsFailure('lost', 'The graphics device was lost (struck).'));
  return { ...page, loseDevice, fullAt: 0 };
}

const texts = ({ store }: Page) => store.getState().notices.map(({ text }) => text);

const ways = ['closed', 'reloaded', 'killed worker', 'lost device', 'lost device, paused', 'full store'] as const;

/** A fault; the page that is open after it, and the step from which the run must go on there, or a later one. */
async function strike(page: Page, way: (typeof ways)[number]): Promise<{ page: Page; from: number }> {
  const { id, checkpoint } = page.store.getState();
  const from = checkpoint?.step ?? 0;
  switch (way) {
    case 'killed worker':
      page.ports.at(-1)?.terminate();
      page.ports.at(-1)?.crash('killed');
      page.actions.goOn();
      return { page, from };
    case 'lost device':
      page.loseDevice();
      return { page, from };
    case 'lost device, paused':
      page.actions.pause();
      await until(page.store, ({ phase }) => phase.kind !== 'playing');
      page.loseDevice();
      await quiet(5);
      return { page, from };
    case 'full store': {
      const put = vi.spyOn(IDBObjectStore.prototype, 'put').mockImplementation(() => {
        throw new DOMException('full', 'QuotaExceededError');
      });
      const { step } = page.store.getState().shown ?? { step: 0 };
      await until(page.store, ({ phase, shown }) => phase.kind !== 'playing' || (shown?.step ?? 0) >= step + 10);
      put.mockRestore();
      page.fullAt = page.store.getState().checkpoint?.step ?? 0;
      return { page, from };
    }
    case 'reloaded':
    case 'closed': {
      // A page that goes keeps what it can; a browser that is killed leaves what was stored before.
      if (way === 'reloaded') page.hide();
      page.close();
      // What was being stored when the page went is stored or not, never in part; here it is.
      await quiet(20);
      const kept = (await openKeptRunArchive(() => {}).read(id))?.checkpoint?.step ?? 0;
      // What could not be stored was said to last as long as the page.
      if (kept < from) {
        expect([way, from <= page.fullAt]).toEqual(['closed', true]);
        expect(texts(page).join('\n')).toContain('They last until this page is closed');
      }
      return { page: openPage(way === 'reloaded' ? id : null), from: kept };
    }
    default:
      return way satisfies never;
  }
}

/** Plays until some step, or the end. */
async function playTo(page: Page, step: number): Promise<LabState> {
  await until(page.store, ({ phase }) => ['paused', 'playing', 'finished', 'kept'].includes(phase.kind));
  const reached = ({ phase, shown }: LabState) => phase.kind === 'finished' || (shown?.step ?? 0) >= step;
  for (;;) {
    // A pause of the strike before may come to be known only now.
    const now = await until(page.store, (state) => state.phase.kind === 'paused' || reached(state));
    if (now.phase.kind !== 'paused') return now;
    page.actions.play();
    await until(page.store, ({ phase }) => phase.kind !== 'paused');
  }
}

it('a run that is struck at any moments loses no finished task, and ends as one that is not', async () => {
  vi.stubGlobal('indexedDB', new IDBFactory());
  const whole = measured(await playTo(openPage(), smallTotalSteps + 1));
  const moments = fc.array(fc.tuple(fc.integer({ min: 1, max: smallTotalSteps - 1 }), fc.constantFrom(...ways)), {
    minLength: 1,
    maxLength: 4,
  });
  const counted = Object.fromEntries(ways.map((way) => [way, 0]));
  await fc.assert(
    fc.asyncProperty(moments, async (list) => {
      vi.stubGlobal('indexedDB', new IDBFactory());
      let page = openPage();
      for (const [step, way] of list.toSorted(([one], [other]) => one - other)) {
        const { phase, id } = await playTo(page, step);
        if (phase.kind === 'finished') break;
        counted[way] += 1;
        const before = page;
        const { from, ...after } = await strike(page, way);
        page = after.page;
        for (const text of texts(before)) expect(text).toMatch(/[.!]$/);
        if (from === 0) continue;
        // Nothing that was finished is gone: the run is the same, and stands where its last task ended, or later.
        await until(
          page.store,
          (now) => now.id === id && now.phase.kind !== 'loading' && (now.shown?.step ?? 0) >= from,
        );
        if (page !== before) {
          await until(page.store, ({ notices }) => notices.length > 0);
          expect(texts(page)).toEqual([`Back at the end of task ${from / 10}; Play goes on.`]);
        }
      }
      const last = await playTo(page, smallTotalSteps + 1);
      expect(last.phase.kind).toBe('finished');
      expect(measured(last)).toEqual(whole);
      page.look();
      await vi.waitFor(
        async () => {
          const { entry } = (await openKeptRunArchive(() => {}).read(last.id)) ?? {};
          expect([entry?.finished, entry?.step]).toEqual([true, smallTotalSteps]);
        },
        { timeout: 10_000 },
      );
      page.close();
    }),
    {
      numRuns: faultRuns({ short: 4, long: 100 }),
      seed: faultSeed,
      plugins: [fc.interruptAfterTimeLimit(1_500_000, { failOnInterrupt: true })],
    },
  );
  if (faultRuns({ short: 0, long: 1 }) > 0) process.stdout.write(`${JSON.stringify(counted)}\n`);
}, 1_600_000);
