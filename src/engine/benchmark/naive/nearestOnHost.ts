/**
 * The candidates nearest to some points, as many for each point, none twice: the points choose one after another,
 * each the nearest of what is left.
 *
 * @param distances of each point to each candidate
 * @returns positions among the candidates; the order is the engine's (retrieval/nearestLatents.ts)
 */
export function nearestOnHost(distances: readonly (readonly number[])[], count: number): Int32Array {
  const taken = Math.min(count, distances[0].length);
  const left = new Set(distances[0].keys());
  const chosen = distances.map((row, point) => {
    const share = Math.floor((taken + distances.length - 1 - point) / distances.length);
    const own = [...left].sort((one, other) => row[one] - row[other]).slice(0, share);
    for (const position of own) left.delete(position);
    return own;
  });
  const ranks = Math.max(...chosen.map((own) => own.length));
  return Int32Array.from(Array.from({ length: ranks }, (_, rank) => chosen.flatMap((own) => own.slice(rank, rank + 1))).flat());
}
