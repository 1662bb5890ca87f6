import type { ExperimentConfig } from '../../core/config.ts';
import { sameConfig } from './sameConfig.ts';
import type { KeptEntry } from './keptRun.ts';

/** How the page was opened. */
export interface PageOpening {
  /** The configuration that the address names; null if it names none. */
  readonly config: ExperimentConfig | null;
  /** The run that this page showed before it was loaded again; null if it was opened afresh. */
  readonly reloaded: string | null;
}

/**
 * The runs that may come back when the page is opened, the first choice first: what a page that is loaded again has
 * shown, and else runs whose page was closed while they were under way, and that can go on. An address that names a
 * configuration brings back that configuration only.
 */
export function comebacks(entries: readonly KeptEntry[], { config, reloaded }: PageOpening): KeptEntry[] {
  const fitting = entries.filter((entry) => config === null || sameConfig(entry.config, config));
  // Beside an imported run the address names the page's own configuration.
  const own = [...fitting, ...entries.filter(({ fileName }) => fileName !== null)].filter(({ id }) => id === reloaded);
  const closed = fitting
    .filter(({ id, left, finished, checkpoint }) => id !== reloaded && !left && !finished && checkpoint !== null)
    .sort((one, other) => other.keptAt - one.keptAt);
  return [...own.slice(0, 1), ...closed.slice(0, 2)];
}
