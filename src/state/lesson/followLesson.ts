import type { StoreApi } from 'zustand/vanilla';
import { lessonIn, withLesson } from '../url.ts';
import type { LessonStore } from './lessonStore.ts';

/** The parts of the browser's window that are used. */
interface AddressBar {
  readonly location: Pick<Location, 'hash'>;
  readonly history: Pick<History, 'replaceState'>;
  addEventListener(type: 'hashchange', listener: () => void): void;
}

/**
 * Keeps the lesson of the address and the one that is open the same: an address that names a lesson opens it, with its
 * settings in the place of the lesson's; one that names none, such as that of "now try", ends it. An address of another
 * view says nothing of lessons.
 *
 * @param opening the part after `#` of the address that the page was opened with, before anything was added to it
 */
export function followLesson(
  store: StoreApi<LessonStore>,
  bar: AddressBar,
  opening: string,
  address: {
    readonly isOther: (hash: string) => boolean;
    /** Reads the settings of an address whose lesson there is not. */
    readonly readSettings: () => void;
  },
): void {
  const { actions } = store.getState();
  const openName = () => {
    const { view } = store.getState();
    return view.kind === 'open' ? view.lesson.name : null;
  };

  function write(): void {
    const { hash } = bar.location;
    if (address.isOther(hash) || lessonIn(hash) === openName()) return;
    bar.history.replaceState(null, '', `#${withLesson(hash, openName())}`);
  }
  async function read(hash: string): Promise<void> {
    if (address.isOther(hash)) return;
    const name = lessonIn(hash);
    if (name === null) {
      if (openName() !== null) actions.end();
      return;
    }
    await actions.open(name, hash);
    write();
    if (openName() === null) address.readSettings();
  }
  store.subscribe((state, before) => {
    if (state.view !== before.view) write();
  });
  bar.addEventListener('hashchange', () => void read(bar.location.hash));
  void read(opening);
}
