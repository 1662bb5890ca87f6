import { watchesBoundary } from '../../state/firstVisit.ts';
import { useLab, useLabActions, useLabItems } from '../parts/contexts.ts';
import style from './Headline.module.css';
import { story } from './story.ts';

/** More characters than this need smaller type to stay in two lines. */
const longText = 190;

/** What to watch, and then what is being seen. */
export function Headline() {
  const { text, aside } = useLabItems(({ shown, config }) => story(shown, config));
  const slow = useLab(watchesBoundary);
  const actions = useLabActions();
  const bannerInstead = useLab(
    ({ phase, opening, shown }) =>
      opening !== null ||
      (phase.kind === 'loading' && phase.progress !== null) ||
      (phase.kind === 'failed' && (shown === null || shown.step === 0)),
  );
  if (bannerInstead) return null;
  return (
    <p className={style.headline} data-headline="" data-long={text.length + aside.length > longText}>
      <strong>{text}</strong>{' '}
      {slow ? (
        <span className={style.aside}>
          Slowed down for a few steps, to watch this once.{' '}
          <button type="button" className={style.hurry} onClick={() => actions.hurry()}>
            Go on at full speed
          </button>
        </span>
      ) : (
        <span className={style.aside}>{aside}</span>
      )}
    </p>
  );
}
