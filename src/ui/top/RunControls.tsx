import { Dices, Pause, Play, RotateCcw, StepForward } from 'lucide-react';
import { useLab, useLabActions } from '../LabContext.ts';
import { Button } from '../parts/Button.tsx';
import { positionOf, speedAt, speedWords, topPosition } from './speedScale.ts';
import style from './TopBar.module.css';

/** Play or Pause, Step, Reset, New seed and Speed. */
export function RunControls() {
  const actions = useLabActions();
  const playing = useLab(({ phase }) => phase.kind === 'playing' || (phase.kind === 'loading' && phase.playWhenReady));
  const speed = useLab((state) => state.speed);
  const seed = useLab((state) => state.config.seed);
  return (
    <div className={style.controls}>
      {playing ? (
        <Button tone="primary" data-play="" icon={<Pause />} onClick={() => actions.pause()} tip="Halt after this step (space)">
          Pause
        </Button>
      ) : (
        <Button tone="primary" data-play="" icon={<Play />} onClick={() => actions.play()} tip="Train (space)">
          Play
        </Button>
      )}
      <Button icon={<StepForward />} onClick={() => actions.step()} tip="Train one batch, then halt (→)">
        Step
      </Button>
      <Button icon={<RotateCcw />} onClick={() => actions.reset()} tip="Same weights and same images again, from step 0 (R)">
        Reset
      </Button>
      <Button
        icon={<Dices />}
        onClick={() => actions.newSeed()}
        tip={`Fresh weights and a fresh order of the images; the seed now is ${seed}`}
      >
        New seed
      </Button>
      <label className={style.speed}>
        <span className={style.speedWords} aria-hidden="true">
          Speed: {speedWords(speed)}
        </span>
        <input
          type="range"
          aria-label="Speed"
          min={0}
          max={topPosition}
          step={1}
          value={positionOf(speed)}
          aria-valuetext={speedWords(speed)}
          onChange={(event) => actions.setSpeed(speedAt(event.target.valueAsNumber))}
        />
      </label>
    </div>
  );
}
