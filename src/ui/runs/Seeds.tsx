import { Square } from 'lucide-react';
import type { ReactNode } from 'react';
import { laneConfigs } from '../../core/config.ts';
import {
  areOf,
  finishedByLane,
  type SeedCount,
  seedCounts,
  type SeedsState,
  paperPlan,
  planOf,
} from '../../state/runs/seedsStore.ts';
import { writePlan } from '../../state/sweepAddress.ts';
import { sweepProgress } from '../../state/sweepState.ts';
import { say } from '../../texts/say.ts';
import { Button } from '../parts/Button.tsx';
import choice from '../parts/Choice.module.css';
import { useLab, useSeeds } from '../parts/contexts.ts';
import { durationWords, seedsVerdict } from './runWords.ts';
import style from './Runs.module.css';

/** What runs the present configuration with several seeds. */
export function SeedsControls() {
  const count = useSeeds((state) => state.count);
  const running = useSeeds(({ phase }) => phase.kind === 'running');
  const { run, stop, setCount } = useSeeds((state) => state.actions);
  const nothingShown = useLab((state) => state.shown === null);
  if (running) {
    return (
      <Button small icon={<Square />} onClick={stop} tip={say('seeds.stopTip')}>
        {say('seeds.stop')}
      </Button>
    );
  }
  return (
    <div className={style.seeds}>
      <Button small onClick={run} disabled={nothingShown} tip={say('seeds.runTip')}>
        {say('seeds.run', { count })}
      </Button>
      <select
        aria-label={say('seeds.howMany')}
        className={choice.select}
        value={count}
        onChange={(event) => setCount(Number(event.target.value) as SeedCount)}
      >
        {seedCounts.map((option) => (
          <option key={option} value={option}>
            {option}
          </option>
        ))}
      </select>
    </div>
  );
}

/** "7 of 15 runs, about 8 s left". */
function progressWords(state: SeedsState): string {
  const { done, total, secondsLeft } = sweepProgress(state.planned, state);
  return secondsLeft === null
    ? say('seeds.starting', { done, total })
    : say('seeds.progress', { done, total, left: durationWords(secondsLeft) });
}

/**
 * What several seeds of the present configuration have come to, and the way on. It says more than one run does, so it
 * stands in the place of what is said of that; while they run, above it.
 */
export function SeedsVerdict({ instead }: { readonly instead: ReactNode }) {
  const state = useSeeds((all) => all);
  const { config, count, phase, planned } = state;
  const present = useLab((lab) => areOf({ config }, lab.config) && lab.phase.kind !== 'imported');
  if (config === null || (!present && phase.kind !== 'running')) return instead;
  const verdict = seedsVerdict(finishedByLane(state));
  const running = phase.kind === 'running';
  if (verdict === null && !running) return instead;
  const seeds = { first: config.seed, last: config.seed + count - 1 };
  const lanes = laneConfigs(config);
  const plan = planOf(lanes, seeds);
  return (
    <>
      {running && instead}
      <p className={style.verdict} data-running={running}>
        {running && (
          <>
            <progress
              aria-label={say('seeds.progressLabel')}
              max={1}
              value={sweepProgress(planned, state).fraction}
              className={style.progress}
            />{' '}
            {progressWords(state)}{' '}
          </>
        )}
        {verdict}{' '}
        {!running && (
          <a href={`#${writePlan(plan ?? paperPlan(lanes, seeds))}`}>
            {plan === null ? say('seeds.paperInExperiments') : say('seeds.goOnInExperiments')}
          </a>
        )}
      </p>
    </>
  );
}
