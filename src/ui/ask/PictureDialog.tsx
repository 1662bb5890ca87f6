import { Camera, FolderOpen } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { Dialog } from '../parts/Dialog.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { OwnAnswers } from './Answers.tsx';
import { hasCamera, openCamera, pictureOfCamera, pictureOfFile, PictureError } from './ownImages.ts';
import style from './OwnImage.module.css';

/** A picture of the viewer's own, from a file or the camera; it never leaves the browser. */
export function PictureDialog({ onClose }: { readonly onClose: () => void }) {
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
      <div className={style.columns}>
        <div className={style.area}>
          {stream !== null ? (
            <video ref={video} autoPlay muted playsInline className={style.video} aria-label={say('ask.camera')} />
          ) : own !== null ? (
            <Thumbnail pixels={own.pixels} index={0} shape={shape} className={style.large} />
          ) : (
            <div className={style.large} />
          )}
          <p className={style.help}>{say('ask.square', { height: shape[0], width: shape[1] })}</p>
        </div>
        <div className={style.told}>
          <OwnAnswers none={say('ask.noPictureYet')} />
          {problem !== null && <p role="alert">{problem}</p>}
          <div className={style.buttons}>
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
