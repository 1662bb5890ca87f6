/** Cross-entropy of one example, −log softmax(logits)[label], in nats. */
export function crossEntropyOf(logits: ArrayLike<number>, label: number): number {
  const highest = highestOf(logits);
  let total = 0;
  for (let index = 0; index < logits.length; index++) total += Math.exp(logits[index] - highest);
  return Math.log(total) - (logits[label] - highest);
}

/** Its gradient, softmax(logits) − one-hot, times a factor. */
export function crossEntropySlope(logits: ArrayLike<number>, label: number, factor: number): Float64Array {
  const highest = highestOf(logits);
  const slope = Float64Array.from(logits, (logit) => Math.exp(logit - highest));
  const total = slope.reduce((sum, value) => sum + value, 0);
  return slope.map((value, index) => factor * (value / total - (index === label ? 1 : 0)));
}

function highestOf(logits: ArrayLike<number>): number {
  let highest = -Infinity;
  for (let index = 0; index < logits.length; index++) highest = Math.max(highest, logits[index]);
  return highest;
}
