import { IDBFactory } from 'fake-indexeddb';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { followAddress } from '../../../../src/state/followAddress.ts';
import { readLesson } from '../../../../src/state/lesson/lesson.ts';
import { followLesson, createLessonStore } from '../../../../src/state/lesson/lessonStore.ts';
import { smallExperiment } from '../../worker/recordedPlayer.ts';
import { phase, until } from '../openLab.ts';
import { openRuns } from '../runs/openRuns.ts';

vi.setConfig({ testTimeout: 60_000 });

beforeEach(() => vi.stubGlobal('indexedDB', new IDBFactory()));
afterEach(() => vi.unstubAllGlobals());

const settings =
  'lanes=fine-tune,er&samples-per-task=100&hidden=16&memory-per-class=5&candidates=20&budget=5&evaluation-size=50';
const lesson = readLesson('small', {
  title: 'Small',
  summary: 'Two tasks.',
  settings,
  cards: [
    { title: 'One', text: ['Begin.'] },
    {
      title: 'Two',
      text: ['Learnt.'],
      at: { task: 1, after: 7 },
      ask: { kind: 'best', words: 'Who?', at: { task: 2, after: 'end' } },
    },
    { title: 'Three', text: ['End.'], at: { task: 2, after: 'end' }, speed: 100 },
  ],
  tries: [],
});

/** An address bar: what is written to it, and edits by hand. */
function addressBar(hash = '') {
  const location = { hash };
  const listeners: (() => void)[] = [];
  const write = (_data: unknown, _unused: string, url?: string | URL | null) => {
    location.hash = String(url);
  };
  return {
    location,
    history: { replaceState: write, pushState: write },
    addEventListener: (_type: 'hashchange', listener: () => void) => void listeners.push(listener),
    edit(changed: string) {
      location.hash = changed;
      for (const listener of listeners) listener();
    },
  };
}

function openLessons(hash = '') {
  const page = openRuns();
  const lessons = createLessonStore({
    lab: page.store,
    runs: page.runs,
    names: ['small'],
    fetchLesson: (name) =>
      name === 'small' ? Promise.resolve(lesson) : Promise.reject(new Error(`There is no lesson ${name}.`)),
  });
  const bar = addressBar(hash);
  const readSettings = followAddress(page.store, bar, (config) => page.runsActions.undoTo(config));
  followLesson(lessons, bar, hash, { isOther: () => false, readSettings });
  const card = () => {
    const { view } = lessons.getState();
    return view.kind === 'open' ? view.index : view.kind;
  };
  return { ...page, lessons, lessonActions: lessons.getState().actions, bar, card };
}

/** Paused at a step, with everything up to it read back. */
const pausedAt = (step: number) => (state: Parameters<ReturnType<typeof phase>>[0]) =>
  state.phase.kind === 'paused' && state.shown?.step === step;

it('leads a run of its own from card to card, and puts the page back as it was', async () => {
  const page = openLessons();
  await until(page.store, phase('paused'));
  page.actions.playTo(12);
  const before = await until(page.store, pausedAt(12));
  expect(before.shown?.lanes.every(({ losses }) => losses.length === 12)).toBe(true);

  await page.lessonActions.list();
  expect(page.lessons.getState().view).toEqual({ kind: 'list', lessons: [lesson] });
  await page.lessonActions.open('small');
  expect(page.store.getState().config).toMatchObject({ lanes: ['fine-tune', 'er'], hidden: 16 });
  expect(page.bar.location.hash).toMatch(/lanes=fine-tune,er.*&lesson=small$/);
  // Asked for before the run is ready.
  page.lessonActions.next();
  const atCard = await until(page.store, pausedAt(7));
  expect(atCard.shown?.lanes[0].trace?.step).toBe(7);
  page.lessonActions.guess(1);
  page.lessonActions.next();
  const atEnd = await until(page.store, pausedAt(20));
  expect(atEnd.speed).toBe(100);
  expect(atEnd.shown?.lanes[0].evaluations.at(-1)).toMatchObject({ step: 20, taskEnd: true });
  page.lessonActions.next();
  expect(page.card()).toBe(2);

  // Back does not rewind, and Next after it plays nothing.
  page.lessonActions.back();
  page.lessonActions.next();
  expect(page.card()).toBe(2);
  expect(page.store.getState()).toMatchObject({ id: atEnd.id, phase: { kind: 'paused' }, shown: { step: 20 } });
  expect(page.lessons.getState().view).toMatchObject({ guesses: new Map([[1, 1]]) });

  page.lessonActions.leave();
  const after = page.store.getState();
  expect(after).toMatchObject({ id: before.id, config: smallExperiment, speed: null, shown: { step: 12 } });
  expect(after.shown?.lanes).toEqual(before.shown?.lanes);
  expect(page.bar.location.hash).not.toContain('lesson');
  // It goes on from its checkpoint.
  page.actions.play();
  await until(page.store, phase('finished'));
  expect(page.store.getState().id).toBe(before.id);
});

it('takes its run up again where the viewer has started another', async () => {
  const page = openLessons();
  await page.lessonActions.open('small');
  page.lessonActions.next();
  await until(page.store, pausedAt(7));
  page.actions.addLane('er-mir');
  await until(page.store, phase('paused'));
  page.lessonActions.takeUp();
  const again = await until(page.store, pausedAt(7));
  expect(again.config.lanes).toEqual(['fine-tune', 'er']);
  expect(page.card()).toBe(1);
});

it('follows the address: opens with its settings, ends where there is none, and says of a wrong name once', async () => {
  const page = openLessons('#lesson=small&seed=5');
  await vi.waitFor(() => expect(page.card()).toBe(0));
  expect(page.store.getState().config).toMatchObject({ lanes: ['fine-tune', 'er'], seed: 5 });
  page.bar.edit('#lanes=er&samples-per-task=100&hidden=16');
  expect(page.card()).toBe('closed');
  expect(page.store.getState().config).toMatchObject({ lanes: ['er'], hidden: 16 });

  page.bar.edit('#lesson=large&lanes=er&samples-per-task=100&hidden=32');
  await vi.waitFor(() => expect(page.bar.location.hash).not.toContain('lesson'));
  expect(page.card()).toBe('closed');
  expect(page.store.getState().config).toMatchObject({ lanes: ['er'], hidden: 32 });
  expect(page.store.getState().notices.map(({ text }) => text)).toEqual(['There is no lesson large.']);
});
