import { useLab } from '../LabContext.ts';
import { rate } from '../numberFormat.ts';
import { BackendBadge } from './BackendBadge.tsx';
import style from './RunStatus.module.css';

/** How far the run is, on which backend and how fast. */
export function RunStatus() {
  const text = useLab(({ shown, phase }) =>
    shown && shown.tasks.length > 0
      ? `Step ${shown.step} of ${shown.totalSteps} · task ${shown.task} of ${shown.tasks.length}`
      : phase.kind === 'failed'
        ? 'Not ready'
        : 'Getting ready',
  );
  const playing = useLab(({ phase }) => phase.kind === 'playing');
  const evaluating = useLab(({ shown }) =>
    shown !== null && shown.evaluating !== null ? Math.floor(100 * shown.evaluating) : null,
  );
  const preparing = useLab(({ shown }) =>
    shown !== null && shown.preparing !== null ? Math.floor(100 * shown.preparing.done) : null,
  );
  const speed = useLab((state) => state.stepsPerSecond);
  return (
    <div className={style.block}>
      {/* While it plays, a screen reader would be told twenty times a second. */}
      <p role="status" aria-live={playing ? 'off' : 'polite'} className={style.step}>
        {text}
      </p>
      <p className={style.machine}>
        <BackendBadge />
        <span className={style.rate}>
          {preparing !== null
            ? `autoencoder, ${preparing}%`
            : evaluating !== null
              ? `testing, ${evaluating}%`
              : `${rate(playing ? speed : 0)} steps/s`}
        </span>
      </p>
    </div>
  );
}
