import { GraduationCap } from 'lucide-react';
import { Button } from '../parts/Button.tsx';
import { useLesson, useLessonActions } from '../parts/contexts.ts';

/** Opens the lessons, and leaves them. */
export function LessonButton() {
  const open = useLesson(({ view }) => view.kind !== 'closed');
  const { list, leave } = useLessonActions();
  return (
    <Button
      icon={<GraduationCap />}
      caption="Lesson"
      aria-expanded={open}
      onClick={() => (open ? leave() : void list())}
      tip={open ? 'Leave the lesson; the page is as it was before' : 'Be shown around, card by card, beside a run'}
    />
  );
}
