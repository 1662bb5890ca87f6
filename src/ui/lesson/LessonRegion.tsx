import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { GraduationCap } from 'lucide-react';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLesson, useLessonActions } from '../parts/contexts.ts';
import style from './Lesson.module.css';
import { LessonCard } from './LessonCard.tsx';
import { inLanguage, type SpotName } from '../../state/lesson/lesson.ts';

/** Outlines parts of the page and brings them into sight; gives what takes the outlines away again. */
function spotlight(names: readonly SpotName[]): {
  readonly elements: readonly HTMLElement[];
  readonly end: () => void;
} {
  const elements = names.flatMap((name) => document.querySelector<HTMLElement>(`[data-spot="${name}"]`) ?? []);
  for (const element of elements) element.dataset['spotlight'] = '';
  // On a page that scrolls, at its top: the card lies below. The first one comes last, so that it is seen in any case.
  const scrolls = document.documentElement.scrollHeight > document.documentElement.clientHeight;
  for (const element of elements.toReversed()) element.scrollIntoView({ block: scrolls ? 'start' : 'nearest' });
  return {
    elements,
    end() {
      for (const element of elements) delete element.dataset['spotlight'];
    },
  };
}

/** The corners of the page where a card can lie, the best first. */
const corners = ['bottom-right', 'bottom-left', 'top-right', 'top-left'] as const;
type Corner = (typeof corners)[number];

type Box = Pick<DOMRect, 'left' | 'right' | 'top' | 'bottom'>;

function sharedArea(one: Box, other: Box): number {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return Math.max(0, width) * Math.max(0, height);
}

/**
 * The corner in which a card covers least of what it speaks of.
 *
 * @param targets where that is, in the window
 * @param card width and height of the card
 * @param room of the window: what corners lie in
 */
function freeCorner(targets: readonly Box[], card: { width: number; height: number }, room: Box): Corner {
  const covered = corners.map((corner) => {
    const left = corner.endsWith('left') ? room.left : room.right - card.width;
    const top = corner.startsWith('top') ? room.top : room.bottom - card.height;
    const box = { left, top, right: left + card.width, bottom: top + card.height };
    return targets.reduce((sum, target) => sum + sharedArea(target, box), 0);
  });
  return corners[covered.indexOf(Math.min(...covered))];
}

/** CSS pixels that a card keeps from the edges of the window, and from the bar above. */
const margin = 12;
const barHeight = 56;

const nothing: readonly SpotName[] = [];

/** The lesson, while one is open or to be chosen. */
export function LessonRegion() {
  const view = useLesson((state) => state.view);
  const { leave } = useLessonActions();
  switch (view.kind) {
    case 'closed':
      return null;
    case 'list':
      return (
        <Frame spots={nothing}>
          <LessonList />
          <div className={style.buttons}>
            <Button onClick={leave}>{say('lesson.leave')}</Button>
          </div>
        </Frame>
      );
    case 'open':
      return (
        <Frame spots={view.lesson.cards[view.index].spotlight ?? nothing}>
          <LessonCard view={view} />
        </Frame>
      );
    default:
      return view satisfies never;
  }
}

/** What Escape closes before it leaves a lesson. */
const openAbove =
  'dialog[open], [role="dialog"], [role="menu"], [role="listbox"], [data-pinned], #kept-runs:focus-within';

/** Escape leaves the lesson from anywhere on the page; the focus, if the lesson had it, goes back to where it was. */
function useWayOut(): void {
  const { leave } = useLessonActions();
  // Before the lesson takes it.
  const [before] = useState(() => document.activeElement);
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && document.querySelector(openAbove) === null) leave();
    };
    // Before the tip of a button takes it.
    addEventListener('keydown', onKeyDown, true);
    return () => {
      removeEventListener('keydown', onKeyDown, true);
      if (document.activeElement !== document.body) return;
      const places = [before, ...document.querySelectorAll('[data-lesson], [data-play]')];
      for (const place of places) {
        if (place instanceof HTMLElement && place !== document.body) place.focus();
        if (document.activeElement !== document.body) return;
      }
    };
  }, [leave, before]);
}

/** Where the card lies: in the corner in which it covers least of what it speaks of, which is outlined. */
function Frame({ spots, children }: { readonly spots: readonly SpotName[]; readonly children: ReactNode }) {
  const frame = useRef<HTMLElement>(null);
  const [corner, setCorner] = useState<Corner>('bottom-right');
  useWayOut();

  useLayoutEffect(() => {
    const lit = spotlight(spots);
    const place = () => {
      if (frame.current === null) return;
      const { clientWidth, clientHeight } = document.documentElement;
      const room = { left: margin, right: clientWidth - margin, top: barHeight, bottom: clientHeight - margin };
      const { offsetWidth: width, offsetHeight: height } = frame.current;
      const targets = lit.elements.map((element) => element.getBoundingClientRect());
      setCorner(freeCorner(targets, { width, height }, room));
    };
    place();
    const observer = new ResizeObserver(place);
    if (frame.current !== null) observer.observe(frame.current);
    addEventListener('resize', place);
    return () => {
      observer.disconnect();
      removeEventListener('resize', place);
      lit.end();
    };
  }, [spots]);

  return (
    <section
      ref={frame}
      aria-label={say('lesson.label')}
      className={style.lesson}
      data-corner={corner}
      // The keys of a lesson are its own, also where it was clicked into: they neither play nor reset.
      onKeyDown={(event) => event.stopPropagation()}
    >
      {children}
    </section>
  );
}

function LessonList() {
  const lessons = useLesson(({ view }) => (view.kind === 'list' ? view.lessons : null));
  const { open } = useLessonActions();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus();
  }, []);
  return (
    <>
      <h2 ref={heading} tabIndex={-1} className={style.title}>
        {say('lesson.lessons')}
      </h2>
      {lessons === null ? (
        <p>{say('lesson.fetching')}</p>
      ) : (
        <ul className={style.lessons}>
          {lessons.map(inLanguage).map(({ name, title, summary, cards }) => (
            <li key={name}>
              <Button onClick={() => void open(name)} aria-describedby={`lesson-${name}`}>
                {title}
              </Button>
              <p id={`lesson-${name}`} className={style.note}>
                {summary} {say('lesson.cards', { count: cards.length })}
              </p>
            </li>
          ))}
        </ul>
      )}
      <p className={style.note}>{say('lesson.ownRun')}</p>
    </>
  );
}

/** Opens the lessons, and leaves them. */
export function LessonButton() {
  const open = useLesson(({ view }) => view.kind !== 'closed');
  const { list, leave } = useLessonActions();
  return (
    <Button
      icon={<GraduationCap />}
      caption={say('lesson.label')}
      data-lesson=""
      aria-expanded={open}
      onClick={() => (open ? leave() : void list())}
      tip={open ? say('lesson.leaveTip') : say('lesson.tip')}
    />
  );
}
