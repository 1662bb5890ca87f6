import { YAxis } from 'recharts';

/** The vertical axis of every chart; its first and last tick are its ends. */
export function valueAxis(ticks: readonly number[], rem: number) {
  return (
    <YAxis
      domain={[ticks[0], ticks[ticks.length - 1]]}
      ticks={[...ticks]}
      tick={{ fontSize: 0.875 * rem, fill: 'var(--mute)' }}
      tickLine={false}
      axisLine={false}
      width={2.5 * rem}
      interval={0}
    />
  );
}
