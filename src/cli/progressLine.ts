import type { RunProgress } from './runSeed.ts';

/** Where a sweep stands. */
export interface SweepProgress {
  /** For people, for example "seed 4 (2 of 10)". */
  readonly what: string;
  readonly doneSteps: number;
  readonly totalSteps: number;
  readonly elapsedSeconds: number;
  /** As of the run in flight; nothing where no run prepares. */
  readonly preparing?: RunProgress['preparing'];
}

/** "1:05" or "2:00:07". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${twoDigits(rest)}` : `${minutes}:${twoDigits(rest)}`;
}

/** One line: what runs, how much is done, what is done where no steps are taken, how long it took and will take at the rate so far. */
export function progressLine({ what, doneSteps, totalSteps, elapsedSeconds, preparing = null }: SweepProgress): string {
  const share = Math.floor((100 * doneSteps) / totalSteps);
  const work = preparing === null ? '' : ` · autoencoder of ${preparing.method}, ${Math.floor(100 * preparing.share)} %`;
  const left = doneSteps === 0 ? '–' : formatDuration((elapsedSeconds * (totalSteps - doneSteps)) / doneSteps);
  return `${what} · ${share} %${work} · ${formatDuration(elapsedSeconds)} elapsed, ETA ${left}`;
}
