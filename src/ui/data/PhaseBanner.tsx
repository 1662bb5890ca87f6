import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react';
import { useEffect, type ReactNode } from 'react';
import { scenarios } from '../../core/scenarios.ts';
import type { LoadProgress } from '../../link/protocol.ts';
import type { Notice } from '../../state/labState.ts';
import { Button } from '../parts/Button.tsx';
import { useLab, useLabActions } from '../parts/contexts.ts';
import { megabytes } from '../parts/words.ts';
import { DataPicker } from './DataPicker.tsx';
import noticesStyle from './Notices.module.css';
import style from './PhaseBanner.module.css';

/** What CIFAR-10 is, where it comes from, and the button that opens it. */
export function MissingCifar10({ children }: { readonly children?: ReactNode }) {
  return (
    <>
      <p>
        <strong>CIFAR-10 is not on this site.</strong> It is 60,000 small photographs of ten kinds of things
        (Krizhevsky, 2009). Download <em>cifar-10-binary.tar.gz</em>, 170 MB, from{' '}
        <a href="https://www.cs.toronto.edu/~kriz/cifar.html" target="_blank" rel="noreferrer">
          its home page
        </a>
        , and open it here or drop it on this page. It stays in this browser. {children}
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
          {megabytes(loaded)} of {megabytes(total)}
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
        Cancel
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
              <summary>What was found instead</summary>
              {phase.failure.message}
            </details>
            <Button tone="primary" onClick={() => actions.startAgain()}>
              Start again
            </Button>
          </div>
        );
      }
      return (
        <div role="alert" className={style.banner} data-tone="bad">
          <p>
            <strong>
              {phase.kind === 'lost'
                ? 'The worker no longer answers.'
                : somethingMeasured
                  ? 'The run has stopped.'
                  : 'The run cannot start.'}
            </strong>{' '}
            {phase.failure.message}
            {somethingMeasured && ' What was measured so far stays until you start again.'}
          </p>
          {phase.kind === 'failed' && phase.failure.name === 'DataError' && <DataPicker />}
          {checkpoint !== null && (
            <Button tone="primary" onClick={() => actions.goOn()}>
              Go on from the end of task {checkpoint.task}
            </Button>
          )}
          <Button tone={checkpoint === null ? 'primary' : 'normal'} onClick={() => actions.startAgain()}>
            Start again
          </Button>
        </div>
      );
    case 'imported':
      return (
        <div className={style.banner}>
          <p>
            Showing <strong>{phase.fileName}</strong>, a run from a file. Nothing trains.
          </p>
          <Button tone="primary" onClick={() => actions.startAgain()}>
            Start a new run
          </Button>
        </div>
      );
    case 'kept':
      return (
        <div className={style.banner}>
          <p>
            This run was left before its end, and is shown as it was.{' '}
            {checkpoint === null
              ? 'Play runs its configuration again.'
              : `Play goes on from the end of task ${checkpoint.task}.`}
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
      <p role={notice.tone === 'info' ? undefined : 'alert'}>{notice.text}</p>
      {notice.action && (
        <Button small onClick={notice.action.run}>
          {notice.action.label}
        </Button>
      )}
      <Button tone="plain" small icon={<X />} aria-label="Dismiss" onClick={() => actions.dismiss(notice.id)} />
    </li>
  );
}

/** Sentences for the viewer, in the corner, until dismissed. */
export function Notices() {
  const notices = useLab((state) => state.notices);
  return (
    <ul aria-label="Notices" aria-live="polite" className={noticesStyle.notices}>
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </ul>
  );
}
