import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';
import { scenarios } from '../../core/scenarios.ts';
import type { LoadProgress } from '../../link/protocol.ts';
import type { Notice } from '../../state/labState.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { Said, unbroken } from '../parts/Said.tsx';
import { megabytes } from '../parts/words.ts';
import { DataPicker } from './DataPicker.tsx';
import noticesStyle from './Notices.module.css';
import style from './PhaseBanner.module.css';
import { failureWords } from '../../state/failureWords.ts';

/** What CIFAR-10 is, where it comes from, and the button that opens it. */
export function MissingCifar10({ children }: { readonly children?: ReactNode }) {
  return (
    <>
      <p>
        <Said
          text="data.missingCifar10"
          marks={{
            link: (words) => (
              <a href="https://www.cs.toronto.edu/~kriz/cifar.html" target="_blank" rel="noreferrer">
                {words}
              </a>
            ),
          }}
        />{' '}
        {children}
      </p>
      <DataPicker archive />
    </>
  );
}

/** How much of some data has been read or downloaded. */
function ReadingProgress({ progress: { what, loaded, total } }: { readonly progress: LoadProgress }) {
  const known = total > 0;
  return (
    <label className={style.loading}>
      <span>{what}</span>
      <progress {...(known ? { value: loaded, max: total } : {})} />
      {known && (
        <span className={style.amount}>
          {say('data.amount', { loaded: megabytes(loaded), total: megabytes(total) })}
        </span>
      )}
    </label>
  );
}

/** How far the viewer's own files have been read, while they are. */
export function OpeningProgress() {
  const opening = useLab((state) => state.opening);
  const actions = useLabActions();
  if (opening === null) return null;
  return (
    <div className={style.opening}>
      <ReadingProgress progress={opening} />
      <Button small onClick={() => actions.stopOpening()}>
        {say('data.cancel')}
      </Button>
    </div>
  );
}

/** What stands between the viewer and a run: loading, a failure, or an imported file. */
export function PhaseBanner() {
  const phase = useLab((state) => state.phase);
  const checkpoint = useLab((state) => state.checkpoint);
  const somethingMeasured = useLab(({ shown }) => shown?.lanes.some((lane) => lane.evaluations.length > 0) ?? false);
  const dataset = useLab((state) => scenarios[state.config.scenario].dataset);
  const actions = useLabActions();
  switch (phase.kind) {
    case 'loading':
      return phase.progress === null ? null : <ReadingProgress progress={phase.progress} />;
    case 'failed':
    case 'lost':
      if (
        phase.kind === 'failed' &&
        phase.failure.name === 'DataError' &&
        dataset === 'cifar10' &&
        !somethingMeasured
      ) {
        return (
          <div role="alert" className={style.banner} data-tone="bad">
            <MissingCifar10 />
            <details>
              <summary>{say('data.foundInstead')}</summary>
              {unbroken(failureWords(phase.failure))}
            </details>
            <Button tone="primary" onClick={() => actions.startAgain()}>
              {say('data.startAgain')}
            </Button>
          </div>
        );
      }
      return (
        <div role="alert" className={style.banner} data-tone="bad">
          <p>
            <strong>
              {phase.kind === 'lost'
                ? say('data.failed.lost')
                : somethingMeasured
                  ? say('data.failed.stopped')
                  : say('data.failed.cannotStart')}
            </strong>{' '}
            {unbroken(failureWords(phase.failure))}
            {somethingMeasured && ` ${say('data.failed.measuredStays')}`}
          </p>
          {phase.kind === 'failed' && phase.failure.name === 'DataError' && <DataPicker />}
          {checkpoint !== null && (
            <Button tone="primary" onClick={() => actions.goOn()}>
              {say('data.goOn', { task: checkpoint.task })}
            </Button>
          )}
          <Button tone={checkpoint === null ? 'primary' : 'normal'} onClick={() => actions.startAgain()}>
            {say('data.startAgain')}
          </Button>
        </div>
      );
    case 'imported':
      return (
        <div className={style.banner} data-tone="info">
          <p>
            <Said text="data.imported" values={{ fileName: phase.fileName }} />
          </p>
          <Button small tone="primary" onClick={() => actions.startAgain()}>
            {say('data.startNew')}
          </Button>
        </div>
      );
    case 'kept':
      return (
        <div className={style.banner} data-tone="info">
          <p>
            {say('data.kept.left')}{' '}
            {checkpoint === null ? say('data.kept.playAgain') : say('data.kept.playGoesOn', { task: checkpoint.task })}
          </p>
        </div>
      );
    case 'paused':
    case 'playing':
    case 'finished':
      return null;
    default:
      return phase satisfies never;
  }
}

/** Long enough to be read twice. What is wrong stays until it is dismissed. */
const infoStays = 9_000;

const icons = { info: <Info />, warning: <TriangleAlert />, error: <CircleAlert /> } as const;

function NoticeCard({ notice }: { readonly notice: Notice }) {
  const actions = useLabActions();
  useEffect(() => {
    if (notice.tone !== 'info' || notice.action !== null) return;
    const timer = setTimeout(() => actions.dismiss(notice.id), infoStays);
    return () => clearTimeout(timer);
  }, [notice, actions]);
  return (
    <li className={noticesStyle.notice} data-tone={notice.tone}>
      {icons[notice.tone]}
      <p role={notice.tone === 'info' ? undefined : 'alert'}>{unbroken(notice.text)}</p>
      {notice.action && (
        <Button small onClick={notice.action.run}>
          {notice.action.label}
        </Button>
      )}
      <Button
        tone="plain"
        small
        icon={<X />}
        aria-label={say('notices.dismiss')}
        onClick={() => actions.dismiss(notice.id)}
      />
    </li>
  );
}

/** Sentences for the viewer, in the corner, until dismissed. */
export function Notices() {
  const notices = useLab((state) => state.notices);
  return (
    <ul aria-label={say('notices.label')} aria-live="polite" className={noticesStyle.notices}>
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </ul>
  );
}
