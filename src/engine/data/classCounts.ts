/** How many labels there are of each class: number k for class k. */
export function classCounts(labels: Uint8Array, classes: number): Int32Array {
  const counts = new Int32Array(classes);
  for (const label of labels) counts[label] += 1;
  return counts;
}
