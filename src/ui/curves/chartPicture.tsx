import type { ReactElement } from 'react';
import { createRoot } from 'react-dom/client';
import { flushSync } from 'react-dom';
import { laneIdentity } from '../lanes/laneIdentity.ts';
import { markerPath } from '../lanes/markerPath.ts';
import type { Size } from '../useSize.ts';
import type { AxisUnit } from './curveMarks.ts';

/** A chart with everything that a reader needs who has only the picture. */
export interface Picture {
  readonly title: string;
  readonly unit: AxisUnit;
  /** A name for each line. */
  readonly laneNames: readonly string[];
  /** The chart in a given size. */
  readonly draw: (size: Size) => ReactElement;
  /** What a marker and a line stand for. */
  readonly key: string;
  readonly configLines: readonly string[];
}

const width = 960;
const height = 600;
const margin = 32;
const rem = 18;
const plot = { y: 104, width: width - 2 * margin + 16, height: 420 };
const svgNamespace = 'http://www.w3.org/2000/svg';
/** Pixels of a PNG per unit of the drawing. */
const pngDensity = 2;

function element(name: string, attributes: Readonly<Record<string, string | number>>, text?: string): SVGElement {
  const made = document.createElementNS(svgNamespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
  if (text !== undefined) made.textContent = text;
  return made;
}

/** Draws the chart in its own size, out of sight, and takes its drawing. */
async function drawnChart(draw: Picture['draw']): Promise<SVGElement> {
  const stage = document.createElement('div');
  stage.style.cssText = 'position:fixed;left:-99999px;top:0;visibility:hidden';
  stage.setAttribute('aria-hidden', 'true');
  document.body.append(stage);
  const root = createRoot(stage);
  try {
    flushSync(() => root.render(draw({ width: plot.width, height: plot.height, rem })));
    // The chart lays out its axes in a second pass.
    await new Promise((resolve) => setTimeout(resolve, 100));
    const drawing = stage.querySelector('svg')?.cloneNode(true);
    if (!(drawing instanceof SVGElement)) throw new Error('The chart could not be drawn.');
    return drawing;
  } finally {
    root.unmount();
    stage.remove();
  }
}

/** Replaces colours that only the page knows by what they are now. */
function withPlainColors(markup: string): string {
  const probe = document.createElement('span');
  document.body.append(probe);
  try {
    return markup.replaceAll(/var\((--[\w-]+)\)/g, (_, name: string) => {
      probe.style.color = `var(${name})`;
      return getComputedStyle(probe).color;
    });
  } finally {
    probe.remove();
  }
}

function legend(laneNames: readonly string[]): SVGElement {
  const group = element('g', { 'font-size': 17 });
  const column = (width - 2 * margin) / 4;
  laneNames.forEach((name, lane) => {
    const { color, dash, marker } = laneIdentity(lane);
    const x = margin + lane * column;
    group.append(
      element('line', {
        x1: x,
        x2: x + 40,
        y1: 71,
        y2: 71,
        stroke: color,
        'stroke-width': 3,
        ...(dash === undefined ? {} : { 'stroke-dasharray': dash }),
      }),
      element('path', { d: markerPath(marker, x + 20, 71, 12), fill: color }),
      element('text', { x: x + 48, y: 77, fill: 'var(--ink)' }, name),
    );
  });
  return group;
}

/** The picture as a complete SVG document, in the colours of the current theme. */
export async function svgPicture({ title, unit, laneNames, draw, key, configLines }: Picture): Promise<string> {
  const picture = element('svg', {
    xmlns: svgNamespace,
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    'font-family': "'Inter Variable', Inter, system-ui, 'Segoe UI', Arial, sans-serif",
  });
  const drawing = await drawnChart(draw);
  for (const name of ['class', 'style', 'tabindex', 'role']) drawing.removeAttribute(name);
  drawing.setAttribute('x', String(margin - 16));
  drawing.setAttribute('y', String(plot.y));
  drawing.setAttribute('overflow', 'visible');
  picture.append(
    element('title', {}, title),
    element('rect', { width, height, fill: 'var(--card)' }),
    element('text', { x: margin, y: 42, 'font-size': 24, 'font-weight': 700, fill: 'var(--ink)' }, `${title}, ${unit === 'percent' ? '%' : 'nats'}`),
    element('text', { x: width - margin, y: 40, 'font-size': 15, 'text-anchor': 'end', fill: 'var(--mute)' }, key),
    legend(laneNames),
    drawing,
  );
  configLines.forEach((line, index) => {
    const y = height - 18 - 22 * (configLines.length - 1 - index);
    picture.append(element('text', { x: margin, y, 'font-size': 15, fill: 'var(--mute)' }, line));
  });
  return withPlainColors(new XMLSerializer().serializeToString(picture));
}

/**
 * The picture as a PNG of twice its size in each direction.
 *
 * @throws Error if the browser cannot turn the drawing into pixels
 */
export async function pngPicture(picture: Picture): Promise<Blob> {
  const markup = await svgPicture(picture);
  const url = URL.createObjectURL(new Blob([markup], { type: 'image/svg+xml' }));
  try {
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = document.createElement('canvas');
    canvas.width = width * pngDensity;
    canvas.height = height * pngDensity;
    const context = canvas.getContext('2d');
    context?.drawImage(image, 0, 0, canvas.width, canvas.height);
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
    if (!blob) throw new Error('This browser could not make a PNG of the chart; SVG may work.');
    return blob;
  } finally {
    URL.revokeObjectURL(url);
  }
}
