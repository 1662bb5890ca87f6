import { methods } from '../../core/methods.ts';
import { answerOf } from '../../state/asked.ts';
import { useLab } from '../parts/contexts.ts';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { percent } from '../parts/words.ts';
import style from './OwnImage.module.css';

/** Classes that are shown of each lane, the likeliest first. */
const shownClasses = 3;

/** What every lane takes the viewer's own image for, with the likeliest classes; it follows drawing and training. */
export function OwnAnswers({ none }: { readonly none: string }) {
  const lanes = useLab((state) => state.asked.lanes);
  const own = useLab((state) => state.asked.own);
  const shown = useLab((state) => state.shown);
  if (shown === null) return null;
  const { classNames } = shown;
  return (
    <ul aria-label="Answers" className={style.lanes}>
      {shown.lanes.map(({ method }, lane) => {
        const { letter, marker } = laneIdentity(lane);
        const probabilities = own === null ? null : (lanes.at(lane)?.own ?? null);
        const answer = answerOf(probabilities, 0, classNames.length);
        const ranked = Array.from(probabilities ?? [])
          .map((probability, label) => ({ probability, label }))
          .sort((one, other) => other.probability - one.probability)
          .slice(0, shownClasses);
        const named = answer === null ? null : (classNames[answer.label] ?? String(answer.label));
        const text = `Lane ${letter}, ${methods[method].label}: ${
          answer === null ? none : `answers ${named}, ${percent(answer.certainty, 0)} %`
        }`;
        return (
          <li key={lane} aria-label={text} className={style.lane} style={laneColors(lane)}>
            <span className={style.laneName}>
              <LaneMarker shape={marker} color="var(--lane)" />
              {letter} · {methods[method].label}
            </span>
            <strong className={style.answer}>{named ?? '–'}</strong>
            <span className={style.ranked}>
              {answer === null
                ? none
                : ranked.map(({ probability, label }) => (
                    <span key={label} className={style.rank}>
                      <span>{classNames[label] ?? label}</span>
                      <span className={style.bar}>
                        <span style={{ width: `${100 * probability}%` }} />
                      </span>
                      <span>{percent(probability, 0)} %</span>
                    </span>
                  ))}
            </span>
          </li>
        );
      })}
    </ul>
  );
}
