import { usePlotArea } from 'recharts';

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** "task 2" above the middle of its span, or as much of it as fits; `share` is its part of the whole width. */
export function TaskLabel({
  number,
  share,
  rem,
  viewBox,
}: {
  readonly number: number;
  readonly share: number;
  readonly rem: number;
  /** The line at the end of the task, given by the chart. */
  readonly viewBox?: Box;
}) {
  const plot = usePlotArea();
  if (!viewBox || !plot) return null;
  const span = share * plot.width;
  const crowded = span < 1.25 * rem;
  if (crowded && number !== 1 && number % 5 !== 0) return null;
  return (
    <text
      x={viewBox.x - span / 2}
      y={viewBox.y - 0.3 * rem}
      textAnchor="middle"
      fontSize={0.875 * rem}
      fill="var(--mute)"
    >
      {span > 2.9 * rem ? `task ${number}` : number}
    </text>
  );
}

/** "B → MIR" beside its line, on the side where there is room. */
export function ChangeLabel({
  text,
  at,
  chartWidth,
  rem,
  viewBox,
}: {
  readonly text: string;
  readonly at: 'top' | 'bottom';
  readonly chartWidth: number;
  readonly rem: number;
  readonly viewBox?: Box;
}) {
  if (!viewBox) return null;
  const leftwards = viewBox.x > chartWidth * 0.62;
  return (
    <text
      x={viewBox.x + (leftwards ? -0.35 : 0.35) * rem}
      y={at === 'top' ? viewBox.y + 1.1 * rem : viewBox.y + viewBox.height - 0.55 * rem}
      textAnchor={leftwards ? 'end' : 'start'}
      fontSize={rem}
      fontWeight={650}
      fill="var(--ink)"
      stroke="var(--card)"
      strokeWidth={0.25 * rem}
      strokeLinejoin="round"
      paintOrder="stroke"
    >
      {text}
    </text>
  );
}
