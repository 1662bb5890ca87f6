/**
 * Picks exemplars so that the mean of the first n is near the mean of all, for every n (Rebuffi et al. 2017,
 * Algorithm 4), none twice.
 *
 * @param features one row per sample, each of length 1
 * @param count how many to pick; all if there are fewer
 * @returns rows in the order picked
 */
export function herding(features: readonly ArrayLike<number>[], count: number): number[] {
  if (features.length === 0) return [];
  const size = features[0].length;
  const target = new Float64Array(size);
  for (const row of features) for (let i = 0; i < size; i++) target[i] += row[i] / features.length;

  const sum = new Float64Array(size);
  const picked: number[] = [];
  const left = new Set(features.keys());
  while (picked.length < count && left.size > 0) {
    let nearest = -1;
    let smallest = Infinity;
    for (const candidate of left) {
      let distance = 0;
      for (let i = 0; i < size; i++) distance += (target[i] - (sum[i] + features[candidate][i]) / (picked.length + 1)) ** 2;
      if (distance < smallest) [nearest, smallest] = [candidate, distance];
    }
    // Distances that are not numbers leave nothing nearest.
    if (nearest === -1) break;
    picked.push(nearest);
    left.delete(nearest);
    for (let i = 0; i < size; i++) sum[i] += features[nearest][i];
  }
  return picked;
}
