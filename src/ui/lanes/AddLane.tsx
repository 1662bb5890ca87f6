import { Plus } from 'lucide-react';
import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import { methodWords } from '../words.ts';
import { laneIdentity, mostLanes } from './laneIdentity.ts';
import { suggestedLane } from './suggestedLane.ts';

/** Adds a lane to compare with, while there may be more. */
export function AddLane() {
  const actions = useLabActions();
  const running = useLab((state) => state.config.lanes);
  const scenario = useLab((state) => state.config.scenario);
  if (running.length >= mostLanes) return null;
  const suggestion = suggestedLane(scenario, running);
  return (
    <Button
      small
      icon={<Plus />}
      aria-label="Add lane"
      onClick={() => actions.addLane(suggestion)}
      tip={`Compare with one more: Lane ${laneIdentity(running.length).letter}, ${methodWords[suggestion]}. Starts over.`}
    >
      Lane
    </Button>
  );
}
