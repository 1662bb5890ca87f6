import { useLab } from '../LabContext.ts';
import { LaneCard } from './LaneCard.tsx';
import style from './LanesPanel.module.css';

/** The lanes, one under the other in identical grids. */
export function LanesPanel() {
  const count = useLab(({ shown }) => shown?.lanes.length ?? 0);
  const expected = useLab((state) => state.config.lanes.length);
  return (
    <section aria-label="Retrieved memories" className={style.lanes} tabIndex={count > 2 ? 0 : undefined}>
      {Array.from({ length: count }, (_, lane) => (
        <LaneCard key={lane} lane={lane} lanes={count} />
      ))}
      {count === 0 && Array.from({ length: expected }, (_, lane) => <div key={lane} className={style.place} />)}
    </section>
  );
}
