import { ImagePlus, Pencil, Camera, FolderOpen } from 'lucide-react';
import { useState, useEffect, useRef } from 'react';
import { Button } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { Explanation, Dialog } from '../parts/Dialog.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { say } from '../../texts/say.ts';
import { className, imageWord, showsDigits } from '../parts/words.ts';
import { standingSigns, standingWords, OwnAnswers } from './Answers.tsx';
import style from './Ask.module.css';
import { type Stroke, hasCamera, openCamera, pictureOfCamera, pictureOfFile, PictureError } from './ownImages.ts';
import { DrawDialog } from './DrawDialog.tsx';
import ownImageStyle from './OwnImage.module.css';

/** A picture of the viewer's own, from a file or the camera; it never leaves the browser. */
function PictureDialog({ onClose }: { readonly onClose: () => void }) {
  const actions = useLabActions();
  const own = useLab((state) => state.asked.own);
  const shape = useLab(({ shown }) => shown?.imageShape ?? null);
  const [problem, setProblem] = useState<string | null>(null);
  const [stream, setStream] = useState<MediaStream | null>(null);
  const picker = useRef<HTMLInputElement>(null);
  const video = useRef<HTMLVideoElement>(null);

  useEffect(() => {
    if (video.current !== null) video.current.srcObject = stream;
    return () => stream?.getTracks().forEach((track) => track.stop());
  }, [stream]);

  /** Does what may fail because of the picture or the camera, and tells why it did. */
  async function attempt(work: () => Promise<void> | void): Promise<void> {
    setProblem(null);
    try {
      await work();
    } catch (error) {
      if (!(error instanceof PictureError)) throw error;
      setProblem(error.message);
    }
  }

  if (shape === null) return null;
  return (
    <Dialog title={say('ask.askAboutPicture')} onClose={onClose}>
      <div className={ownImageStyle.columns}>
        <div className={ownImageStyle.area}>
          {stream !== null ? (
            <video
              ref={video}
              autoPlay
              muted
              playsInline
              className={ownImageStyle.video}
              aria-label={say('ask.camera')}
            />
          ) : own !== null ? (
            <Thumbnail pixels={own.pixels} index={0} shape={shape} className={ownImageStyle.large} />
          ) : (
            <div className={ownImageStyle.large} />
          )}
          <p className={ownImageStyle.help}>{say('ask.square', { height: shape[0], width: shape[1] })}</p>
        </div>
        <div className={ownImageStyle.told}>
          <OwnAnswers none={say('ask.noPictureYet')} />
          {problem !== null && <p role="alert">{problem}</p>}
          <div className={ownImageStyle.buttons}>
            <input
              ref={picker}
              type="file"
              accept="image/*"
              hidden
              aria-label={say('ask.pictureFile')}
              onChange={(event) => {
                const file = event.target.files?.[0];
                event.target.value = '';
                if (file === undefined) return;
                void attempt(async () => {
                  actions.askAbout(await pictureOfFile(file, shape));
                  setStream(null);
                });
              }}
            />
            <Button icon={<FolderOpen />} onClick={() => picker.current?.click()}>
              {say('ask.choosePicture')}
            </Button>
            {hasCamera() && stream === null && (
              <Button icon={<Camera />} onClick={() => void attempt(async () => setStream(await openCamera()))}>
                {say('ask.useCamera')}
              </Button>
            )}
            {stream !== null && (
              <Button
                icon={<Camera />}
                onClick={() =>
                  void attempt(() => {
                    if (video.current === null || video.current.videoWidth === 0) return;
                    actions.askAbout(pictureOfCamera(video.current, shape));
                    setStream(null);
                  })
                }
              >
                {say('ask.takePicture')}
              </Button>
            )}
            {own !== null && <Button onClick={() => actions.askAbout(null)}>{say('ask.remove')}</Button>}
            <Button tone="primary" onClick={onClose}>
              {own === null ? say('ask.close') : say('ask.keepIt')}
            </Button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}

const standings = ['right', 'forgotten', 'wrong', 'untaught'] as const;

/** The images that every lane is asked about, above the lanes' answers. */
export function AskPanel() {
  const own = useLab((state) => state.asked.own);
  const samples = useLab((state) => state.asked.samples);
  const pixels = useLab((state) => state.asked.images);
  const shape = useLab(({ shown }) => shown?.imageShape ?? null);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  const scenario = useLab(({ shown, config }) => shown?.config.scenario ?? config.scenario);
  const over = useLab(
    ({ phase, asked: { lanes } }) =>
      phase.kind === 'imported' || phase.kind === 'kept' || (phase.kind === 'finished' && lanes.length === 0),
  );
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
      data-own={own !== null}
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
            if (own === null) setStrokes([]);
            setOpen(true);
          }}
        >
          {drawn ? say('ask.draw') : say('ask.picture')}
        </Button>
      </header>
      <ul aria-label={say('ask.testImages', { images })} className={style.list}>
        {shape !== null &&
          classNames !== null &&
          samples.map(({ label, task }, image) => {
            const text = say('ask.testImage', { name: className(label, classNames), task });
            return (
              <li key={image} className={style.item} aria-label={text} title={text}>
                <span className="hidden-text">{text}</span>
                <Thumbnail pixels={pixels} index={image} shape={shape} className={style.image} />
              </li>
            );
          })}
        {shape !== null && own !== null && (
          <li className={style.item} aria-label={ownText} title={ownText}>
            <span className="hidden-text">{ownText}</span>
            <Thumbnail pixels={own.pixels} index={0} shape={shape} className={`${style.image} ${style.own}`} />
          </li>
        )}
      </ul>
      {open && drawn && <DrawDialog strokes={strokes} onStrokes={setStrokes} onClose={() => setOpen(false)} />}
      {open && !drawn && <PictureDialog onClose={() => setOpen(false)} />}
    </section>
  );
}
