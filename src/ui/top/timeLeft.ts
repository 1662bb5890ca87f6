import { fixed } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';

/** Runs that take less, in seconds, need no words. */
const shortRun = 10;
/** How much of a new rate counts, each time that one is heard: old ones fade in a few seconds. */
const weight = 0.15;

/** What a run's speed was lately. */
export interface Rate {
  /** Smoothed, in steps per second; null until there is one. */
  readonly perSecond: number | null;
}

export const noRate: Rate = { perSecond: null };

/** The rate after another measurement: each counts for a part, so that what is made of it does not jump. */
export function rateAfter({ perSecond }: Rate, measured: number): Rate {
  if (measured <= 0) return { perSecond };
  // Of times, not of speeds: a slow step counts for as long as it took.
  return { perSecond: perSecond === null ? measured : 1 / ((1 - weight) / perSecond + weight / measured) };
}

/** "about 20 s left"; null where the whole run takes no more than ten seconds, or nothing is known. */
export function timeLeft({ perSecond }: Rate, step: number, totalSteps: number): string | null {
  if (perSecond === null || totalSteps / perSecond <= shortRun || step >= totalSteps) return null;
  const seconds = (totalSteps - step) / perSecond;
  if (seconds < 5) return say('top.timeLeft.fewSeconds');
  if (seconds < 57.5) return say('top.timeLeft.seconds', { seconds: 5 * Math.round(seconds / 5) });
  if (seconds < 90) return say('top.timeLeft.minute');
  if (seconds < 3_570) return say('top.timeLeft.minutes', { minutes: Math.round(seconds / 60) });
  return say('top.timeLeft.hours', { hours: fixed(seconds / 3_600, 1) });
}
