import { useMemo } from 'react';
import { meanCurve } from '../../state/meanCurve.ts';
import { areOf, finishedByLane } from '../../state/runs/seedsStore.ts';
import { useLab, useRuns, useSeeds } from '../parts/contexts.ts';
import { laneWords, type RunMetric } from '../parts/words.ts';
import { bandRows } from './bandRows.ts';
import { type CurveRow, curveRows } from './curveRows.ts';

/** Curves that are drawn behind those of the present run: an earlier run, or means over several seeds. */
export interface Backdrop {
  /** What the legend says. */
  readonly name: string;
  readonly lanes: number;
  readonly rows: readonly CurveRow[];
}

/** The rows of a chart with those of its backdrops, joined by step. */
export function withBackdrops(rows: readonly CurveRow[], backdrops: readonly Backdrop[]): readonly CurveRow[] {
  if (backdrops.length === 0) return rows;
  const present = new Map(rows.map((row) => [row.step, row]));
  const behind = backdrops.map((backdrop) => new Map(backdrop.rows.map((row) => [row.step, row])));
  const steps = new Set([...present.keys(), ...behind.flatMap((known) => [...known.keys()])]);
  const lanes = rows.at(0)?.values.length ?? 0;
  return [...steps]
    .sort((one, other) => one - other)
    .map((step) => {
      const row = present.get(step) ?? {
        step,
        values: Array.from({ length: lanes }, () => null),
        complete: Array.from({ length: lanes }, () => false),
      };
      return {
        ...row,
        behind: backdrops.flatMap((backdrop, index) => {
          const its = behind[index].get(step);
          return Array.from({ length: backdrop.lanes }, (_, lane) => ({
            value: its?.values[lane] ?? null,
            half: its?.halfWidths?.[lane] ?? null,
          }));
        }),
      };
    });
}

/** The ends of the intervals behind. */
export function behindEnds({ behind = [] }: CurveRow): (number | null)[] {
  return behind.map(({ value, half }) => (value === null ? null : value + (half ?? 0)));
}

/** What is drawn behind the present run, up to its last step. */
export function useBackdrops(metric: RunMetric, totalSteps: number): readonly Backdrop[] {
  const overlay = useRuns((state) => state.overlay);
  const config = useSeeds((state) => state.config);
  const count = useSeeds((state) => state.count);
  const runs = useSeeds((state) => state.runs);
  const methods = useLab((state) => (state.shown?.config ?? state.config).lanes.join());
  const seedsShown = useLab((state) => areOf({ config }, state.config) && state.phase.kind !== 'imported');
  return useMemo(() => {
    const backdrops: Backdrop[] = [];
    if (overlay !== null) {
      const { lanes, config: its } = overlay.shown;
      const curves = lanes.map(({ evaluations }) => evaluations);
      const same = its.lanes.join() === methods;
      const name = `pale: ${same ? '' : `${lanes.map(laneWords).join(', ')}, `}seed ${its.seed}`;
      backdrops.push({ name, lanes: lanes.length, rows: curveRows(curves, metric) });
    }
    const finished = seedsShown ? finishedByLane({ config, count, runs }) : [];
    const seeds = Math.min(...finished.map(({ length }) => length));
    if (finished.length > 0 && seeds >= 2) {
      const name = `mean of ${seeds} seeds, 95%`;
      backdrops.push({ name, lanes: finished.length, rows: bandRows(finished.map(meanCurve), metric) });
    }
    return backdrops.map((backdrop) => ({ ...backdrop, rows: backdrop.rows.filter(({ step }) => step <= totalSteps) }));
  }, [overlay, config, count, runs, methods, seedsShown, metric, totalSteps]);
}
