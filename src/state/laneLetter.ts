/** The name of a lane: A for the first (index 0), then B, C, D. */
export function laneLetter(lane: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + lane);
}
