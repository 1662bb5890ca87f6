/** Middle and spread of a sample that may have outliers. */
export interface Quartiles {
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

/** The quartiles of at least one value, between neighbours by linear interpolation. */
export function quartiles(values: readonly number[]): Quartiles {
  if (values.length === 0) throw new RangeError('Quartiles need at least one value; there is none.');
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const above = Math.ceil(position);
    return sorted[below] + (position - below) * (sorted[above] - sorted[below]);
  };
  return { lower: at(0.25), median: at(0.5), upper: at(0.75) };
}
