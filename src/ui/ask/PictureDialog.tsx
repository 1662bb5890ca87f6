import { Camera, FolderOpen } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
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
    <Dialog title="Ask about your own picture" onClose={onClose}>
      <div className={style.columns}>
        <div className={style.area}>
          {stream !== null ? (
            <video ref={video} autoPlay muted playsInline className={style.video} aria-label="Camera" />
          ) : own !== null ? (
            <Thumbnail pixels={own.pixels} index={0} shape={shape} className={style.large} />
          ) : (
            <div className={style.large} />
          )}
          <p className={style.help}>
            The square in the middle, scaled to {shape[0]} × {shape[1]} pixels. It stays in this browser.
          </p>
        </div>
        <div className={style.told}>
          <OwnAnswers none="no picture yet" />
          {problem !== null && <p role="alert">{problem}</p>}
          <div className={style.buttons}>
            <input
              ref={picker}
              type="file"
              accept="image/*"
              hidden
              aria-label="Picture file"
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
              Choose a picture
            </Button>
            {hasCamera() && stream === null && (
              <Button icon={<Camera />} onClick={() => void attempt(async () => setStream(await openCamera()))}>
                Use the camera
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
                Take the picture
              </Button>
            )}
            {own !== null && <Button onClick={() => actions.askAbout(null)}>Remove</Button>}
            <Button tone="primary" onClick={onClose}>
              {own === null ? 'Close' : 'Keep it'}
            </Button>
          </div>
        </div>
      </div>
    </Dialog>
  );
}
