const minus = '−';

/** A fraction as a percentage without its sign: 0.7143 → "71.4"; "–" where there is no number. */
export function percent(fraction: number | null | undefined, digits = 1): string {
  if (fraction === null || fraction === undefined || !Number.isFinite(fraction)) return '–';
  const text = (100 * fraction).toFixed(digits);
  return text.startsWith('-') ? (Number(text) === 0 ? text.slice(1) : minus + text.slice(1)) : text;
}

/** A score with its sign, at most five characters up to 999: 2.413 → "+2.41", −12.34 → "−12.3". */
export function signedScore(score: number): string {
  if (!Number.isFinite(score)) return score > 0 ? '+∞' : score < 0 ? `${minus}∞` : '?';
  const size = Math.abs(score);
  const text = size.toFixed(size < 9.995 ? 2 : size < 99.95 ? 1 : 0);
  const sign = Number(text) === 0 || score > 0 ? '+' : minus;
  return sign + text;
}

/** A loss in nats, at most four characters up to 999,499: 0.05, 12.3, 104, 12k. */
export function plainLoss(loss: number): string {
  if (loss >= 999.5 && loss < 1e15) return `${Math.round(loss / 1_000)}k`;
  return signedScore(loss).replace('+', '');
}

/** Nats per image, for −ELBO: one decimal, "–" where there is no number. */
export function nats(value: number | null | undefined): string {
  return value === null || value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(1).replace('-', minus);
}

/** Steps per second, with one decimal below 10. */
export function rate(stepsPerSecond: number): string {
  return stepsPerSecond < 9.95 ? stepsPerSecond.toFixed(1) : Math.round(stepsPerSecond).toLocaleString('en');
}

/** Bytes in megabytes, one decimal: 2,411,724 → "2.4 MB". */
export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
