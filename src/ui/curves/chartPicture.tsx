import { Menu } from '@base-ui/react/menu';
import { ChevronDown } from 'lucide-react';
import type { ReactElement } from 'react';
import { flushSync } from 'react-dom';
import { createRoot } from 'react-dom/client';
import type { RunConfig, SettingName } from '../../core/config.ts';
import { isIdle } from '../../core/methods.ts';
import { spreadsheetCsv } from '../../core/csv.ts';
import type { ShownRun } from '../../state/labState.ts';
import { number, plain } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { buttonClass, useMenuPlace } from '../parts/Button.tsx';
import { laneIdentity, markerPath } from '../parts/laneIdentity.tsx';
import popup from '../parts/Popup.module.css';
import { download } from '../parts/contexts.ts';
import { backendWords, scenarioName, scoreWords } from '../parts/words.ts';
import { networkSize } from '../settings/settingsForm.ts';
import type { Size } from './chartParts.tsx';
import type { AxisUnit } from './curveRows.ts';

/** The settings of generative replay, in short. */
const generativeParts: readonly ((run: RunConfig) => string)[] = [
  (run) => say('curves.settings.gen', { rate: plain(run.genLearningRate) }),
  (run) => say('curves.settings.updates', { generator: run.genIterations, count: run.clsIterations }),
  (run) => say('curves.settings.batches', { count: run.replayBatches, weight: plain(run.memoryCoefficient) }),
  (run) =>
    [
      `VAE ${run.vaeDepth} × ${run.vaeHidden}`,
      ...(run.vaeDropout > 0 ? [say('curves.settings.dropout', { share: plain(run.vaeDropout) })] : []),
      `z ${run.vaeLatents}`,
      `β ≤ ${plain(run.betaMax)}`,
      say('curves.settings.warmUp', { images: number(run.betaWarmup) }),
    ].join(', '),
  (run) =>
    `${say('curves.settings.ascentSteps', { count: run.ascentSteps })}: cls ${terms([
      ['x', run.clsInterference],
      ['e', run.clsEntropy],
      ['d', run.clsDiversity],
      ['s', run.clsShell],
    ])}; gen ${terms([
      ['r', run.genReconstruction],
      ['k', run.genKl],
      ['e', run.genEntropy],
      ['d', run.genDiversity],
      ['s', run.genShell],
    ])}`,
];

function terms(weights: readonly (readonly [string, number])[]): string {
  return (
    weights.flatMap(([name, weight]) => (weight > 0 ? [`${name} ${plain(weight)}`] : [])).join(', ') ||
    say('curves.settings.none')
  );
}

/** The settings of hybrid replay, in short. */
const hybridParts: readonly ((run: RunConfig) => string)[] = [
  (run) => `AE: ${say('curves.settings.filters', { count: run.aeFilters })}`,
  (run) => say('curves.settings.epochs', { count: run.aeEpochs }),
  (run) => say('curves.settings.replays', { replays: run.aeReplays, candidates: run.aeCandidates }),
  (run) => `s = ${plain(run.aeReplayShare)}`,
];

/** What a picture of a run must say to be read without the page: its settings, in two lines, and one more for decoders. */
export function configLines({ runConfigs, data, backend, engineVersion }: ShownRun): readonly string[] {
  /** A part of a line, once where all lanes that heed the setting agree, else with their letters: "α = 0.1 (A), α = 0.2 (B)". */
  function part(text: (run: RunConfig) => string, heeds: (run: RunConfig) => boolean = () => true): string {
    const letters = new Map<string, string[]>();
    runConfigs.forEach((run, lane) => {
      if (heeds(run)) letters.set(text(run), [...(letters.get(text(run)) ?? []), laneIdentity(lane).letter]);
    });
    if (letters.size === 1) return [...letters.keys()].join('');
    return [...letters].map(([words, lanes]) => `${words} (${lanes.join(', ')})`).join(', ');
  }
  function decoderLine(parts: readonly ((run: RunConfig) => string)[], setting: SettingName): string[] {
    const heeds = ({ method }: RunConfig) => !isIdle(setting, method);
    return runConfigs.some(heeds) ? [parts.map((text) => part(text, heeds)).join(' · ')] : [];
  }
  return [
    [
      part(({ scenario }) => scenarioName(scenario, data)),
      part((run) => say('curves.settings.samplesPerTask', { samples: number(run.samplesPerTask) })),
      part((run) => say('curves.settings.memoryPerClass', { images: number(run.memoryPerClass) })),
      part((run) => `C = ${run.candidates}`),
      part((run) => `B = ${run.budget}`),
      part((run) => scoreWords[run.retrievalScore]),
    ].join(' · '),
    ...decoderLine(generativeParts, 'vaeHidden'),
    ...decoderLine(hybridParts, 'aeFilters'),
    [
      part((run) => `α = ${plain(run.learningRate)}`),
      part((run) => say('curves.settings.iterations', { count: run.iterations })),
      part((run) =>
        networkSize(run.scenario) === 'hidden'
          ? say('curves.settings.hiddenUnits', { hidden: run.hidden })
          : say('curves.settings.filters', { count: run.filters }),
      ),
      part((run) => say('curves.settings.seed', { seed: run.seed })),
      ...(backend ? [backendWords[backend.name]] : []),
      `MIR Lab ${engineVersion}`,
    ].join(' · '),
  ];
}

/** `spreadsheet` is CSV for spreadsheets that write 0,5. */
export type ExportFormat = 'PNG' | 'SVG' | 'CSV' | 'spreadsheet';

const formats: readonly ExportFormat[] = ['PNG', 'SVG', 'CSV', 'spreadsheet'];

/** A button that opens the list of formats in which a chart can be kept. */
export function ExportMenu({
  onExport,
  disabled,
}: {
  readonly onExport: (format: ExportFormat) => void;
  readonly disabled: boolean;
}) {
  const { trigger, container } = useMenuPlace();
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger
        ref={trigger}
        className={buttonClass({ small: true, tone: 'plain' })}
        disabled={disabled}
        title={disabled ? say('curves.nothingToExport') : undefined}
      >
        {say('curves.export')}
        <ChevronDown aria-hidden="true" />
      </Menu.Trigger>
      <Menu.Portal container={container} className={popup.portal}>
        <Menu.Positioner align="end" sideOffset={4} className={popup.positioner}>
          <Menu.Popup className={popup.menu}>
            {formats.map((format) => (
              <Menu.Item key={format} className={popup.menuItem} onClick={() => onExport(format)}>
                {format === 'spreadsheet' ? say('curves.spreadsheet') : format}
              </Menu.Item>
            ))}
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

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

/**
 * Resolves once a drawing has its axes and its lines, and the browser has been through two frames in which nothing in
 * it changed: a chart lays out its axes in a second pass, and its labels after them.
 */
function drawn(stage: HTMLElement): Promise<void> {
  return new Promise((resolve) => {
    let still = 0;
    const observer = new MutationObserver(() => (still = 0));
    observer.observe(stage, { subtree: true, childList: true, attributes: true, characterData: true });
    const look = () => {
      still = stage.querySelector('svg text') === null ? 0 : still + 1;
      if (still <= 2) {
        requestAnimationFrame(look);
        return;
      }
      observer.disconnect();
      resolve();
    };
    look();
  });
}

/** Draws the chart in its own size, out of sight, and takes its drawing. */
async function drawnChart(draw: Picture['draw'], plotHeight: number): Promise<SVGElement> {
  const stage = document.createElement('div');
  stage.style.cssText = 'position:fixed;left:-99999px;top:0;visibility:hidden';
  stage.setAttribute('aria-hidden', 'true');
  document.body.append(stage);
  const root = createRoot(stage);
  try {
    flushSync(() => root.render(draw({ width: plot.width, height: plotHeight, rem })));
    await drawn(stage);
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

/** Pixels between the rows of a legend. */
const legendLine = 26;
/** The room of a letter, at most and at least. */
const letterRoom = { most: 10, least: 7.5 };
/** What a line with its marker takes before a name. */
const keyRoom = 62;

/** The numbers of the lanes in each row of a legend: one row where all names fit. */
export function legendRows(laneNames: readonly string[]): readonly (readonly number[])[] {
  const rows: number[][] = [[]];
  let used = 0;
  laneNames.forEach((name, lane) => {
    const needed = keyRoom + letterRoom.least * name.length;
    if (used > 0 && used + needed > width - 2 * margin) {
      rows.push([]);
      used = 0;
    }
    used += needed;
    rows[rows.length - 1].push(lane);
  });
  return rows;
}

function legend(laneNames: readonly string[]): SVGElement {
  const rows = legendRows(laneNames);
  // Each name has the room that its length needs, and all are smaller where that is too much.
  const room = Math.min(
    letterRoom.most,
    ...rows.map((lanes) => {
      const letters = Math.max(1, lanes.map((lane) => laneNames[lane]).join('').length);
      return (width - 2 * margin - lanes.length * keyRoom) / letters;
    }),
  );
  const group = element('g', { 'font-size': 1.7 * room });
  rows.forEach((lanes, row) => {
    let x = margin;
    const y = 71 + legendLine * row;
    for (const lane of lanes) {
      const name = laneNames[lane];
      const { color, dash, marker } = laneIdentity(lane);
      group.append(
        element('line', {
          x1: x,
          x2: x + 40,
          y1: y,
          y2: y,
          stroke: color,
          'stroke-width': 3,
          ...(dash === undefined ? {} : { 'stroke-dasharray': dash }),
        }),
        element('path', { d: markerPath(marker, x + 20, y, 12), fill: color }),
        element('text', { x: x + 48, y: y + 6, fill: 'var(--ink)' }, name),
      );
      x += keyRoom + room * name.length;
    }
  });
  return group;
}

/** The picture as a complete SVG document, in the colours of the current theme. */
async function svgPicture({ title, unit, laneNames, draw, key, configLines }: Picture): Promise<string> {
  const picture = element('svg', {
    xmlns: svgNamespace,
    width,
    height,
    viewBox: `0 0 ${width} ${height}`,
    'font-family': "'Inter Variable', Inter, system-ui, 'Segoe UI', Arial, sans-serif",
  });
  const below = legendLine * (legendRows(laneNames).length - 1);
  const drawing = await drawnChart(draw, plot.height - below);
  for (const name of ['class', 'style', 'tabindex', 'role']) drawing.removeAttribute(name);
  drawing.setAttribute('x', String(margin - 16));
  drawing.setAttribute('y', String(plot.y + below));
  drawing.setAttribute('overflow', 'visible');
  picture.append(
    element('title', {}, title),
    element('rect', { width, height, fill: 'var(--card)' }),
    element(
      'text',
      { x: margin, y: 42, 'font-size': 24, 'font-weight': 700, fill: 'var(--ink)' },
      `${title}, ${say(unit === 'percent' ? 'curves.percentUnit' : 'curves.natsUnit').trim()}`,
    ),
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
async function pngPicture(picture: Picture): Promise<Blob> {
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

/**
 * Has the browser save a chart.
 *
 * @param csv gives the chart's numbers; called only where they are what is wanted
 * @param onFailure takes a sentence if the chart cannot be saved
 */
export async function exportChart(
  format: ExportFormat,
  fileName: string,
  picture: Picture,
  csv: () => string,
  onFailure: (text: string) => void,
): Promise<void> {
  try {
    switch (format) {
      case 'PNG':
        download(await pngPicture(picture), fileName);
        break;
      case 'SVG':
        download(new Blob([await svgPicture(picture)], { type: 'image/svg+xml' }), fileName);
        break;
      case 'CSV':
        download(new Blob([csv()], { type: 'text/csv' }), fileName);
        break;
      case 'spreadsheet':
        download(new Blob([spreadsheetCsv(csv())], { type: 'text/csv' }), fileName.replace(/\.spreadsheet$/, '.csv'));
        break;
      default:
        format satisfies never;
    }
  } catch (error) {
    onFailure(say('curves.notExported', { reason: error instanceof Error ? error.message : String(error) }));
  }
}
