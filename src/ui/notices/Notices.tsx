import { CircleAlert, Info, TriangleAlert, X } from 'lucide-react';
import { useEffect } from 'react';
import type { Notice } from '../../state/labState.ts';
import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import style from './Notices.module.css';

/** Long enough to be read twice. What is wrong stays until it is dismissed. */
const infoStays = 9_000;

const icons = { info: <Info />, warning: <TriangleAlert />, error: <CircleAlert /> } as const;

function NoticeCard({ notice }: { readonly notice: Notice }) {
  const actions = useLabActions();
  useEffect(() => {
    if (notice.tone !== 'info') return;
    const timer = setTimeout(() => actions.dismiss(notice.id), infoStays);
    return () => clearTimeout(timer);
  }, [notice, actions]);
  return (
    <li className={style.notice} data-tone={notice.tone}>
      {icons[notice.tone]}
      <p role={notice.tone === 'info' ? undefined : 'alert'}>{notice.text}</p>
      <Button tone="plain" small icon={<X />} aria-label="Dismiss" onClick={() => actions.dismiss(notice.id)} />
    </li>
  );
}

/** Sentences for the viewer, in the corner, until dismissed. */
export function Notices() {
  const notices = useLab((state) => state.notices);
  return (
    <ul aria-label="Notices" aria-live="polite" className={style.notices}>
      {notices.map((notice) => (
        <NoticeCard key={notice.id} notice={notice} />
      ))}
    </ul>
  );
}
