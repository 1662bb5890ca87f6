import type { ExperimentConfig, SettingName } from '../../core/config.ts';
import type { KeptEntry } from '../../state/runs/keptRun.ts';
import { settingTexts } from '../parts/settingTexts.ts';
import { scenarioWords } from '../parts/words.ts';

const time = new Intl.DateTimeFormat('en-GB', { hour: '2-digit', minute: '2-digit' });
const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short' });
const sameDay = new Intl.DateTimeFormat('en-CA');

/** "14:05" today, "24 Nov, 14:05" on other days. */
export function whenWords(at: number, now: number): string {
  const today = sameDay.format(at) === sameDay.format(now);
  return today ? time.format(at) : `${date.format(at)}, ${time.format(at)}`;
}

/** How far a run is: "finished", or "step 260 of 500, task 3 of 5". */
export function reachedWords({ finished, step, totalSteps, task, tasks }: KeptEntry): string {
  return finished ? 'finished' : `step ${step} of ${totalSteps}, task ${task} of ${tasks}`;
}

/** "Split MNIST, seed 3", and the settings that were named: "Hidden units 32". */
export function configWords({ scenario, seed, lanes: _lanes, ...named }: ExperimentConfig): string {
  const settings = Object.entries(named).map(
    ([name, value]) => `${settingTexts[name as Exclude<SettingName, 'scenario'>].label} ${String(value)}`,
  );
  return [`${scenarioWords[scenario]}, seed ${seed}`, ...settings].join(' · ');
}

/** A span of time, roughly: "8 s", "3 min", "2.5 h". */
export function durationWords(seconds: number): string {
  if (seconds < 59.5) return `${Math.max(1, Math.round(seconds))} s`;
  return seconds < 3_570 ? `${Math.round(seconds / 60)} min` : `${(seconds / 3_600).toFixed(1)} h`;
}
