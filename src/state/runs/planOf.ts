import type { RunConfig } from '../../core/config.ts';
import { tableIds } from '../../core/paperRow.ts';
import { changeableSettings, defaultPlan, keyOf, rowName, rowsOf, type SweepPlan } from '../sweepPlan.ts';

/**
 * The plan of the Experiments view that has the given runs of the lab among its own; null where no table has rows with
 * their settings.
 *
 * @param lanes the runs of one seed
 */
export function planOf(lanes: readonly RunConfig[], seeds: SweepPlan['seeds']): SweepPlan | null {
  const plans = tableIds.map((table): SweepPlan => {
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
