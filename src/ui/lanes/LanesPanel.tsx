import { Plus } from 'lucide-react';
import type { MethodName } from '../../engine/config.ts';
import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import { LaneCard } from './LaneCard.tsx';
import { laneIdentity, mostLanes } from './laneIdentity.ts';
import style from './LanesPanel.module.css';

/** What one would most like to compare with, in this order. */
const suggestions: readonly MethodName[] = ['er', 'er-mir', 'fine-tune', 'iid-online', 'iid-offline'];

/** The lanes, one under the other in identical grids. */
export function LanesPanel() {
  const actions = useLabActions();
  const count = useLab(({ shown }) => shown?.lanes.length ?? 0);
  const running = useLab((state) => state.config.lanes);
  const imported = useLab(({ phase }) => phase.kind === 'imported');
  const suggestion = suggestions.find((method) => !running.includes(method)) ?? 'er';
  return (
    <section aria-label="Retrieved memories" className={style.panel} data-dense={count > 2}>
      <div className={style.lanes} tabIndex={count > 2 ? 0 : undefined}>
        {Array.from({ length: count }, (_, lane) => (
          <LaneCard key={lane} lane={lane} dense={count > 2} />
        ))}
      </div>
      {!imported && running.length < mostLanes && count > 0 && (
        <div className={style.add}>
          <Button
            small
            icon={<Plus />}
            aria-label="Add lane"
            onClick={() => actions.addLane(suggestion)}
            tip={`Add Lane ${laneIdentity(running.length).letter} to compare with; starts over`}
          >
            Lane
          </Button>
        </div>
      )}
    </section>
  );
}
