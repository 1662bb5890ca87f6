/** As many points of an ascent as there is room for side by side. */
const mostPoints = 5;

/** Which of the points of an ascent are shown: all, or evenly spread ones with both ends. */
export function pathPoints(count: number): number[] {
  if (count <= mostPoints) return Array.from({ length: count }, (_, point) => point);
  return Array.from({ length: mostPoints }, (_, place) => Math.round((place * (count - 1)) / (mostPoints - 1)));
}
