import { ImagePlus, Pencil } from 'lucide-react';
import { useState } from 'react';
import { Button } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { useLab } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { say } from '../../texts/say.ts';
import { className, imageWord, showsDigits } from '../parts/words.ts';
import { standingSigns, standingWords } from './Answers.tsx';
import style from './Ask.module.css';
import type { Stroke } from './ownImages.ts';
import { DrawDialog } from './DrawDialog.tsx';
import { PictureDialog } from './PictureDialog.tsx';

const standings = ['right', 'forgotten', 'wrong', 'untaught'] as const;

/** The images that every lane is asked about, above the lanes' answers. */
export function AskPanel() {
  const asked = useLab((state) => state.asked);
  const shape = useLab(({ shown }) => shown?.imageShape ?? null);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  const scenario = useLab(({ shown, config }) => shown?.config.scenario ?? config.scenario);
  const over = useLab(({ phase }) => phase.kind === 'imported' || phase.kind === 'kept');
  const [open, setOpen] = useState(false);
  const [strokes, setStrokes] = useState<readonly Stroke[]>([]);
  // A run from a file or from the list has numbers only: its networks are gone.
  if (over) return null;
  const images = imageWord(scenario, classNames);
  const drawn = showsDigits(scenario, classNames);
  const ownText = drawn ? say('ask.yourDigit') : say('ask.yourPicture');
  return (
    <section
      data-spot="ask"
      aria-label={say('ask.title')}
      className={`${card.card} ${style.panel}`}
      data-own={asked.own !== null}
    >
      <header className={style.header}>
        <h2 className={card.heading}>{say('ask.heading')}</h2>
        <Explanation of={say('ask.theAnswers')}>
          {say('ask.explanation', { images })}
          {standings.map((standing) => (
            <span key={standing} className={style.legend} data-standing={standing}>
              <span className={style.word}>
                3<small>{standingSigns[standing]}</small>
              </span>
              <span>{standingWords(standing)}</span>
            </span>
          ))}
        </Explanation>
        <Button
          small
          icon={drawn ? <Pencil /> : <ImagePlus />}
          aria-label={drawn ? say('ask.drawDigit') : say('ask.askAboutPicture')}
          onClick={() => {
            // What was drawn before goes with its image, as when the scenario has changed.
            if (asked.own === null) setStrokes([]);
            setOpen(true);
          }}
        >
          {drawn ? say('ask.draw') : say('ask.picture')}
        </Button>
      </header>
      <ul aria-label={say('ask.testImages', { images })} className={style.list}>
        {shape !== null &&
          classNames !== null &&
          asked.samples.map(({ label, task }, image) => {
            const text = say('ask.testImage', { name: className(label, classNames), task });
            return (
              <li key={image} className={style.item} aria-label={text} title={text}>
                <span className="hidden-text">{text}</span>
                <Thumbnail pixels={asked.images} index={image} shape={shape} className={style.image} />
              </li>
            );
          })}
        {shape !== null && asked.own !== null && (
          <li className={style.item} aria-label={ownText} title={ownText}>
            <span className="hidden-text">{ownText}</span>
            <Thumbnail pixels={asked.own.pixels} index={0} shape={shape} className={`${style.image} ${style.own}`} />
          </li>
        )}
      </ul>
      {open && drawn && <DrawDialog strokes={strokes} onStrokes={setStrokes} onClose={() => setOpen(false)} />}
      {open && !drawn && <PictureDialog onClose={() => setOpen(false)} />}
    </section>
  );
}
