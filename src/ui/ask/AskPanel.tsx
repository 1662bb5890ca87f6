import card from '../parts/Card.module.css';
import { useLab } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { imageWord } from '../parts/words.ts';
import { standingSigns, standingWords } from './answerWords.ts';
import style from './Ask.module.css';

const standings = ['right', 'forgotten', 'wrong', 'untaught'] as const;

/** The images that every lane is asked about, above the lanes' answers. */
export function AskPanel() {
  const asked = useLab((state) => state.asked);
  const shape = useLab(({ shown }) => shown?.imageShape ?? null);
  const classNames = useLab(({ shown }) => shown?.classNames ?? null);
  const scenario = useLab(({ shown, config }) => shown?.config.scenario ?? config.scenario);
  const over = useLab(({ phase }) => phase.kind === 'imported' || phase.kind === 'kept');
  // A run from a file or from the list has numbers only: its networks are gone.
  if (over) return null;
  const images = imageWord(scenario);
  return (
    <section aria-label="Ask the networks" className={`${card.card} ${style.panel}`} data-own={asked.own !== null}>
      <header className={style.header}>
        <h2 className={card.heading}>Ask the networks</h2>
        <Explanation of="the answers">
          Test {images} that no network ever learns from, and what each lane takes them for now. The bar says how sure
          it is.
          {standings.map((standing) => (
            <span key={standing} className={style.legend} data-standing={standing}>
              <span className={style.word}>
                3<small>{standingSigns[standing]}</small>
              </span>
              <span>{standingWords[standing]}</span>
            </span>
          ))}
        </Explanation>
      </header>
      <ul aria-label={`Test ${images}`} className={style.list}>
        {shape !== null &&
          classNames !== null &&
          asked.samples.map(({ label, task }, image) => {
            const text = `${classNames[label] ?? String(label)}, task ${task}`;
            return (
              <li key={image} className={style.item} aria-label={text} title={text}>
                <span className="hidden-text">{text}</span>
                <Thumbnail pixels={asked.images} index={image} shape={shape} className={style.image} />
              </li>
            );
          })}
      </ul>
    </section>
  );
}
