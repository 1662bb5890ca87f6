import { type ReactNode, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { Button } from '../parts/Button.tsx';
import { useLesson, useLessonActions } from '../parts/contexts.ts';
import style from './Lesson.module.css';
import { LessonCard } from './LessonCard.tsx';
import { type Corner, freeCorner, spotlight } from './spotlight.ts';
import type { SpotName } from '../../state/lesson/lesson.ts';

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
            <Button onClick={leave}>Leave</Button>
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

/** Where the card lies: in the corner in which it covers least of what it speaks of, which is outlined. */
function Frame({ spots, children }: { readonly spots: readonly SpotName[]; readonly children: ReactNode }) {
  const frame = useRef<HTMLElement>(null);
  const [corner, setCorner] = useState<Corner>('bottom-right');

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
      aria-label="Lesson"
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
        Lessons
      </h2>
      {lessons === null ? (
        <p>Fetching the lessons…</p>
      ) : (
        <ul className={style.lessons}>
          {lessons.map(({ name, title, summary, cards }) => (
            <li key={name}>
              <Button onClick={() => void open(name)} aria-describedby={`lesson-${name}`}>
                {title}
              </Button>
              <p id={`lesson-${name}`} className={style.note}>
                {summary} {cards.length} cards.
              </p>
            </li>
          ))}
        </ul>
      )}
      <p className={style.note}>
        A lesson has a run of its own. What you see now is kept, and comes back when you leave.
      </p>
    </>
  );
}
