import { Eraser, Undo2 } from 'lucide-react';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { centredDigit, type Stroke } from './centredDigit.ts';
import { DrawingArea } from './DrawingArea.tsx';
import { OwnAnswers } from './OwnAnswers.tsx';
import style from './OwnImage.module.css';

/** Draws the viewer's own digit; all lanes answer at every stroke. It stays among the test digits until it is removed. */
export function DrawDialog({
  strokes,
  onStrokes,
  onClose,
}: {
  readonly strokes: readonly Stroke[];
  readonly onStrokes: (strokes: readonly Stroke[]) => void;
  readonly onClose: () => void;
}) {
  const actions = useLabActions();
  const own = useLab((state) => state.asked.own);
  const shape = useLab(({ shown }) => shown?.imageShape ?? null);

  function change(next: readonly Stroke[]): void {
    onStrokes(next);
    actions.askAbout(centredDigit(next));
  }

  return (
    <Dialog title="Draw a digit" onClose={onClose}>
      <div className={style.columns}>
        <DrawingArea strokes={strokes} onChange={change} />
        <div className={style.told}>
          <OwnAnswers none="nothing drawn yet" />
          <p className={style.seen}>
            {own !== null && shape !== null && (
              <Thumbnail pixels={own.pixels} index={0} shape={shape} className={style.small} />
            )}
            {own === null
              ? 'What you draw is fitted into 20 × 20 pixels and centred, as MNIST’s digits are.'
              : 'This is what the networks see: fitted into 20 × 20 pixels and centred, as MNIST’s digits are. It stays beside the test digits.'}
          </p>
          <div className={style.buttons}>
            <Button icon={<Undo2 />} disabled={strokes.length === 0} onClick={() => change(strokes.slice(0, -1))}>
              Undo stroke
            </Button>
            <Button icon={<Eraser />} disabled={strokes.length === 0} onClick={() => change([])}>
              Clear
            </Button>
            <Button tone="primary" onClick={onClose}>
              {own === null ? 'Close' : 'Keep it'}
            </Button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}
