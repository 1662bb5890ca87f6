import { type KeyboardEvent, type PointerEvent, useId, useLayoutEffect, useRef, useState } from 'react';
import { Eraser, Undo2 } from 'lucide-react';
import { type Point, type Stroke, centredDigit } from './ownImages.ts';
import style from './OwnImage.module.css';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { Dialog } from '../parts/Dialog.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { OwnAnswers } from './Answers.tsx';

/** The side of the area in units of its own, in which strokes are. */
const areaSide = 280;
/** How far a key moves the pen: 28 places in each direction. */
const stride = 10;
const penWidth = 22;

/** The pen that keys move. */
interface Pen extends Point {
  readonly down: boolean;
}

const place = ({ x, y }: Point) => say('ask.place', { column: Math.round(x / stride), row: Math.round(y / stride) });

/** The places of a pointer since the event before, in the area's units. */
function placesOf(event: PointerEvent<HTMLCanvasElement>): Point[] {
  const box = event.currentTarget.getBoundingClientRect();
  const inside = (value: number) => Math.min(areaSide, Math.max(0, value));
  const all = event.nativeEvent.getCoalescedEvents();
  return (all.length > 0 ? all : [event.nativeEvent]).map(({ clientX, clientY }) => ({
    x: inside(((clientX - box.left) / box.width) * areaSide),
    y: inside(((clientY - box.top) / box.height) * areaSide),
  }));
}

/**
 * Where a digit is drawn, with mouse, finger or pen; or with the keyboard: arrow keys move a pen, Space sets it down and
 * lifts it, Backspace takes back the last stroke.
 */
function DrawingArea({
  strokes,
  onChange,
}: {
  readonly strokes: readonly Stroke[];
  readonly onChange: (strokes: readonly Stroke[]) => void;
}) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const helpId = useId();
  const [pen, setPen] = useState<Pen | null>(null);
  const [said, setSaid] = useState('');
  const drawing = useRef(false);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    context.fillStyle = '#000';
    context.fillRect(0, 0, areaSide, areaSide);
    context.strokeStyle = '#fff';
    context.lineWidth = penWidth;
    context.lineCap = 'round';
    context.lineJoin = 'round';
    for (const [first, ...rest] of strokes) {
      context.beginPath();
      context.moveTo(first.x, first.y);
      for (const { x, y } of rest.length > 0 ? rest : [first]) context.lineTo(x, y);
      context.stroke();
    }
    if (pen === null) return;
    context.beginPath();
    context.arc(pen.x, pen.y, penWidth / 2, 0, 2 * Math.PI);
    context.strokeStyle = pen.down ? '#ff8f45' : '#56b4e9';
    context.lineWidth = 4;
    context.stroke();
  }, [strokes, pen]);

  const extended = (more: readonly Point[]) => [...strokes.slice(0, -1), [...(strokes.at(-1) ?? []), ...more]];

  function onPointerDown(event: PointerEvent<HTMLCanvasElement>): void {
    if (event.button !== 0) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    drawing.current = true;
    setPen(null);
    onChange([...strokes, placesOf(event).slice(-1)]);
  }

  function onPointerMove(event: PointerEvent<HTMLCanvasElement>): void {
    if (drawing.current) onChange(extended(placesOf(event)));
  }

  function onKeyDown(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves: Readonly<Record<string, readonly [number, number]>> = {
      ArrowLeft: [-stride, 0],
      ArrowRight: [stride, 0],
      ArrowUp: [0, -stride],
      ArrowDown: [0, stride],
    };
    const now = pen ?? { x: areaSide / 2, y: areaSide / 2, down: false };
    const move = event.key in moves ? moves[event.key] : null;
    if (move !== null) {
      const inside = (value: number) => Math.min(areaSide - stride, Math.max(stride, value));
      const next = { ...now, x: inside(now.x + move[0]), y: inside(now.y + move[1]) };
      setPen(next);
      setSaid(place(next));
      if (now.down) onChange(extended([{ x: next.x, y: next.y }]));
    } else if (event.key === ' ') {
      if (event.repeat) return;
      const next = { ...now, down: !now.down };
      setPen(next);
      setSaid(say(next.down ? 'ask.penDown' : 'ask.penUp', { place: place(next) }));
      if (next.down) onChange([...strokes, [{ x: next.x, y: next.y }]]);
    } else if (event.key === 'Backspace') {
      setPen({ ...now, down: false });
      setSaid(strokes.length > 0 ? say('ask.strokeTakenBack') : say('ask.nothingDrawn'));
      onChange(strokes.slice(0, -1));
    } else return;
    event.preventDefault();
  }

  return (
    <div className={style.area}>
      <canvas
        ref={canvas}
        width={areaSide}
        height={areaSide}
        className={style.canvas}
        role="application"
        aria-roledescription={say('ask.drawingArea')}
        aria-label={say('ask.yourDigit')}
        aria-describedby={helpId}
        tabIndex={0}
        onPointerDown={onPointerDown}
        onPointerMove={onPointerMove}
        onPointerUp={() => (drawing.current = false)}
        onPointerCancel={() => (drawing.current = false)}
        onKeyDown={onKeyDown}
      />
      <p id={helpId} className={style.help}>
        {say('ask.howToDraw')}
      </p>
      <p role="status" className="hidden-text">
        {said}
      </p>
    </div>
  );
}

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

  const nothing = strokes.length === 0 ? say('ask.nothingDrawn') : undefined;
  return (
    <Dialog title={say('ask.drawDigit')} onClose={onClose}>
      <div className={style.columns}>
        <DrawingArea strokes={strokes} onChange={change} />
        <div className={style.told}>
          <OwnAnswers none={say('ask.nothingDrawnYet')} />
          <p className={style.seen}>
            {own !== null && shape !== null && (
              <Thumbnail pixels={own.pixels} index={0} shape={shape} className={style.small} />
            )}
            {own === null ? say('ask.fitted') : say('ask.whatNetworksSee')}
          </p>
          <div className={style.buttons}>
            <Button
              icon={<Undo2 />}
              disabled={strokes.length === 0}
              title={nothing}
              onClick={() => change(strokes.slice(0, -1))}
            >
              {say('ask.undoStroke')}
            </Button>
            <Button icon={<Eraser />} disabled={strokes.length === 0} title={nothing} onClick={() => change([])}>
              {say('ask.clear')}
            </Button>
            <Button tone="primary" onClick={onClose}>
              {own === null ? say('ask.close') : say('ask.keepIt')}
            </Button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}
