import { createStore, type StoreApi } from 'zustand/vanilla';
import { type ExperimentConfig, laneConfigs, type RunConfig } from '../../core/config.ts';
import type { StoredRun } from '../../core/storedRun.ts';
import type { RunPool } from '../../link/pool.ts';
import { say } from '../../texts/say.ts';
import type { Notice } from '../labState.ts';
import type { RunArchive } from '../runArchive.ts';
import type { LabStore } from '../store.ts';
import {
  keyOf,
  changeableSettings,
  defaultPlan,
  rowName,
  rowsOf,
  type SweepPlan,
  type TablePlan,
} from '../sweepPlan.ts';
import { applyPoolEvent, nothingActive, type PoolState } from '../sweepState.ts';
import { sameConfig } from './keptRun.ts';
import { tableIds } from '../../core/paperTable.ts';
import { failureWords, noticeWords } from '../failureWords.ts';

/** How many seeds a configuration may be run with. */
export const seedCounts = [5, 10] as const;
export type SeedCount = (typeof seedCounts)[number];

/** The lab's configuration with several seeds. */
export interface SeedsState extends PoolState {
  readonly count: SeedCount;
  /** What was run, or is being run; null before anything was. */
  readonly config: ExperimentConfig | null;
  /** Each run once. */
  readonly planned: readonly RunConfig[];
}

interface SeedsActions {
  setCount(count: SeedCount): void;
  /** Runs the lab's configuration with its seed and the ones after it; those that are kept already are not run again. */
  run(): void;
  /** Abandons the runs in flight; finished ones stay. */
  stop(): void;
}

export type SeedsStore = SeedsState & { readonly actions: SeedsActions };

/** The surroundings of the store. */
interface SeedsParts {
  readonly lab: StoreApi<LabStore>;
  readonly pool: RunPool;
  /** Where the Experiments view finds the runs again. */
  readonly archive: RunArchive;
  readonly notify: (tone: Notice['tone'], text: string) => void;
  /** Called when runs begin, so that others make room. */
  readonly onStart: () => void;
}

/** The runs of a configuration with `count` seeds, seed by seed, each once. */
function seedRuns(config: ExperimentConfig, count: number): RunConfig[] {
  const all = Array.from({ length: count }, (_, index) => laneConfigs({ ...config, seed: config.seed + index })).flat();
  return [...new Map(all.map((run) => [keyOf(run), run])).values()];
}

/** The finished runs of each lane, in the order of seeds. */
export function finishedByLane({ config, count, runs }: Pick<SeedsState, 'config' | 'count' | 'runs'>): StoredRun[][] {
  if (config === null) return [];
  return config.lanes.map((_, lane) =>
    Array.from({ length: count }, (__, index) => laneConfigs({ ...config, seed: config.seed + index })[lane]).flatMap(
      (run) => runs.get(keyOf(run)) ?? [],
    ),
  );
}

/** The store that runs the lab's configuration with several seeds. */
export function createSeedsStore({ lab, pool, archive, notify, onStart }: SeedsParts): StoreApi<SeedsStore> {
  function update(change: (state: SeedsState) => Partial<SeedsState>): void {
    store.setState((state) => change(state));
  }

  async function run(): Promise<void> {
    const { config, backendChoice, shown } = lab.getState();
    const { count } = store.getState();
    const planned = seedRuns(config, count);
    update(() => ({ ...nothingActive, config, planned, failures: [], backend: null, phase: { kind: 'running' } }));
    onStart();
    const kept = (await archive.read()).runs;
    // Runs of another backend are not mixed with these.
    const backend = shown?.backend?.name;
    const known = new Map([...kept].filter(([, { backend: its }]) => backend === undefined || its === backend));
    const { config: wanted, phase, runs } = store.getState();
    if (wanted !== config || phase.kind !== 'running') return;
    const here = new Map([...known, ...runs].filter(([key]) => planned.some((one) => keyOf(one) === key)));
    const missing = planned.filter((one) => !here.has(keyOf(one)));
    update(() => ({ runs: here, phase: { kind: missing.length === 0 ? 'idle' : 'running' } }));
    if (missing.length > 0) pool.start(missing, backend ?? backendChoice);
  }

  const actions: SeedsActions = {
    setCount: (count) => update(() => ({ count })),
    run: () => void run(),
    stop() {
      pool.stop();
      update(() => ({ ...nothingActive, phase: { kind: 'idle' } }));
    },
  };

  const store = createStore<SeedsStore>()(() => ({
    ...nothingActive,
    count: 5,
    config: null,
    planned: [],
    phase: { kind: 'idle' },
    runs: new Map(),
    failures: [],
    backend: null,
    actions,
  }));
  pool.onEvent((event) => {
    update((state) => applyPoolEvent(state, event, performance.now()));
    if (event.kind === 'finished') void archive.keep([event.run]);
    if (event.kind === 'notice') notify('info', noticeWords(event));
    if (event.kind === 'blocked')
      notify('error', say('notices.seedsBlocked', { message: failureWords(event.failure) }));
    if (event.kind === 'failed')
      notify(
        'warning',
        say('notices.seedFailed', {
          seed: event.config.seed,
          method: event.config.method,
          message: failureWords(event.failure),
        }),
      );
  });
  return store;
}

/** Whether what was run with several seeds is the configuration that the lab shows. */
export function areOf({ config }: Pick<SeedsState, 'config'>, shown: ExperimentConfig): boolean {
  return config !== null && sameConfig(config, shown);
}

/**
 * The plan of the Experiments view that has the given runs of the lab among its own; null where no table has rows with
 * their settings.
 *
 * @param lanes the runs of one seed
 */
export function planOf(lanes: readonly RunConfig[], seeds: SweepPlan['seeds']): SweepPlan | null {
  const plans = tableIds.map((table): TablePlan => {
    const rows = rowsOf(table);
    const changes = { ...defaultPlan(table).changes };
    const [first] = lanes;
    const like = rows.find(({ config }) => config.method === first.method && config.scenario === first.scenario);
    for (const name of changeableSettings) {
      if (like !== undefined && like.config[name] !== first[name]) changes[name] = first[name];
    }
    const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== null));
    const found = rows.filter(({ config }) =>
      lanes.some((lane) => keyOf({ ...config, ...given, seed: 0 }) === keyOf({ ...lane, seed: 0 })),
    );
    return { ...defaultPlan(table), rows: found.map(rowName), seeds, changes };
  });
  const best = plans.reduce((one, other) => (other.rows.length > one.rows.length ? other : one));
  return best.rows.length === 0 ? null : best;
}

/** The plan that runs the same methods with the paper's settings. */
export function paperPlan(lanes: readonly RunConfig[], seeds: SweepPlan['seeds']): SweepPlan {
  const own = tableIds.map((table) =>
    rowsOf(table).filter(({ config }) =>
      lanes.some(({ method, scenario }) => config.method === method && config.scenario === scenario),
    ),
  );
  const place = own.reduce((best, rows, index) => (rows.length > 0 && own[best].length === 0 ? index : best), 0);
  return { ...defaultPlan(tableIds[place]), rows: own[place].map(rowName), seeds };
}
