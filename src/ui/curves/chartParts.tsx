import { type RefObject, useEffect, useState } from 'react';
import { usePlotArea, YAxis } from 'recharts';
import { plain } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { nats, percent } from '../parts/words.ts';
import type { AxisUnit } from './curveRows.ts';
import style from './Curves.module.css';

export interface Size {
  readonly width: number;
  readonly height: number;
  /** CSS pixels per rem, so that text in a drawing can follow the text of the page. */
  readonly rem: number;
}

/** The size of an element's content box, followed as it changes; null before the first layout. */
export function useSize(element: RefObject<HTMLElement | null>): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useEffect(() => {
    if (!element.current) return;
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry.contentRect;
      const rem = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
      setSize({ width: Math.floor(width), height: Math.floor(height), rem });
    });
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element]);
  return size;
}

/**
 * The vertical axis of every chart; its first and last tick are its ends.
 *
 * @param ends of an axis that is not to be worked out anew with every value: where its values lie, all of them
 */
export function valueAxis(ticks: readonly number[], rem: number, dataKey?: string, ends?: readonly [number, number]) {
  return (
    <YAxis
      type="number"
      {...(dataKey === undefined ? {} : { dataKey })}
      domain={ends === undefined ? [ticks[0], ticks[ticks.length - 1]] : [...ends]}
      allowDataOverflow={ends !== undefined}
      ticks={[...ticks]}
      tick={{ fontSize: rem, fill: 'var(--mute)' }}
      tickFormatter={plain}
      tickLine={false}
      axisLine={false}
      width={2.5 * rem}
      // Where they have no room, the ends, and what fits between.
      interval="preserveStartEnd"
    />
  );
}

/** All lanes' values at one place of a chart. */
export function CurveTooltip({
  heading,
  values,
  halfWidths,
  laneNames,
  unit,
}: {
  /** Which place it is, and what the values were counted on. */
  readonly heading: string;
  /** Percent or nats, by lane; null where a lane has none. */
  readonly values: readonly (number | null)[];
  /** Half-widths of 95% intervals, by lane, where values are means over seeds. */
  readonly halfWidths?: readonly (number | null)[] | undefined;
  readonly laneNames: readonly string[];
  readonly unit: AxisUnit;
}) {
  const written = (value: number) => (unit === 'percent' ? percent(value / 100) : nats(value));
  return (
    <div className={style.tooltip}>
      <p>{heading}</p>
      <ul>
        {laneNames.map((name, lane) => {
          const { marker, color } = laneIdentity(lane);
          const value = values[lane];
          const half = halfWidths?.[lane] ?? null;
          return value === null ? null : (
            <li key={lane}>
              <LaneMarker shape={marker} color={color} />
              {name}
              <b>
                {written(value)}
                {half !== null && ` ± ${written(half)}`}
                {say(unit === 'percent' ? 'curves.percentUnit' : 'curves.natsUnit')}
              </b>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

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
  const words = say('curves.task', { number });
  const crowded = span < 1.25 * rem;
  if (crowded && number !== 1 && number % 5 !== 0) return null;
  return (
    <text x={viewBox.x - span / 2} y={viewBox.y - 0.3 * rem} textAnchor="middle" fontSize={rem} fill="var(--mute)">
      {span > 0.54 * rem * words.length ? words : number}
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
