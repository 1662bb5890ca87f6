/** Where a sweep stands. */
export interface SweepProgress {
  /** For people, for example "seed 4 (2 of 10)". */
  readonly what: string;
  readonly doneSteps: number;
  readonly totalSteps: number;
  readonly elapsedSeconds: number;
}

/** "1:05" or "2:00:07". */
export function formatDuration(seconds: number): string {
  const whole = Math.round(seconds);
  const twoDigits = (value: number) => String(value).padStart(2, '0');
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${twoDigits(rest)}` : `${minutes}:${twoDigits(rest)}`;
}

/** One line: what runs, how much is done, how long it took and will take at the rate so far. */
export function progressLine({ what, doneSteps, totalSteps, elapsedSeconds }: SweepProgress): string {
  const share = Math.floor((100 * doneSteps) / totalSteps);
  const left = doneSteps === 0 ? '–' : formatDuration((elapsedSeconds * (totalSteps - doneSteps)) / doneSteps);
  return `${what} · ${share} % · ${formatDuration(elapsedSeconds)} elapsed, ETA ${left}`;
}
