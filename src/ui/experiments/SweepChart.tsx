import { type ReactElement, type ReactNode, useRef } from 'react';
import type { StoredRun } from '../../core/storedRun.ts';
import { changesFromPaper, type SweepPlan } from '../../state/sweepPlan.ts';
import { say } from '../../texts/say.ts';
import { type Size, useSize } from '../curves/chartParts.tsx';
import { exportChart, type ExportFormat, ExportMenu } from '../curves/chartPicture.tsx';
import { CurveLegend } from '../curves/CurvePanel.tsx';
import type { AxisUnit } from '../curves/curveRows.ts';
import curves from '../curves/Curves.module.css';
import card from '../parts/Card.module.css';
import { useLabActions, useSweep } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { mostLanes } from '../parts/laneIdentity.tsx';
import { backendWords, type RunMetric } from '../parts/words.ts';
import style from './ExperimentsView.module.css';
import { planWords, tableFileName } from './sweepWords.ts';

/** What files of a chart are called, in every language. */
export const fileWords: Readonly<Record<RunMetric, string>> = {
  averageAccuracy: 'average-accuracy',
  averageForgetting: 'average-forgetting',
  negativeElbo: 'negative-elbo',
};

/** What a picture must say to be read without the page. */
function configLines(
  plan: SweepPlan,
  runs: readonly StoredRun[],
  intervalMark: 'band' | 'bar',
): readonly [string, string] {
  const changes = changesFromPaper(plan);
  const usual = say(plan.kind === 'own' ? 'experiments.curves.ofPresets' : 'experiments.curves.ofPaper');
  const backends = [...new Set(runs.map(({ backend }) => backendWords[backend]))].join(', ');
  const versions = [...new Set(runs.map(({ version }) => `MIR Lab ${version}`))].join(', ');
  return [
    say(`experiments.curves.${intervalMark}`, { plan: planWords(plan, runs[0]?.data) }),
    [changes.length === 0 ? usual : changes.join('; '), backends, versions].filter(Boolean).join(' · '),
  ];
}

/** A chart of finished runs with all that belongs to it, to look at and to take along. */
export function SweepChart({
  title,
  heading,
  choice,
  explanation,
  unit,
  laneNames,
  runs,
  empty,
  pictureKey,
  intervalMark,
  content,
  csv,
  draw,
}: {
  readonly title: string;
  /** The title with its unit, for the eye. */
  readonly heading: string;
  /** What chooses between this chart and another in its place; none where there is no other. */
  readonly choice?: ReactNode;
  readonly explanation: string;
  readonly unit: AxisUnit;
  readonly laneNames: readonly string[];
  /** What it is drawn from. */
  readonly runs: readonly StoredRun[];
  /** What stands in the place of a chart that has nothing to show; null if it has. */
  readonly empty: string | null;
  /** What a marker and a line stand for. */
  readonly pictureKey: string;
  /** How the interval of a mean is drawn. */
  readonly intervalMark: 'band' | 'bar';
  /** What a file of it is called. */
  readonly content: string;
  readonly csv: () => string;
  readonly draw: (size: Size) => ReactElement;
}) {
  const plan = useSweep((state) => state.plan);
  const { notify } = useLabActions();
  const plot = useRef<HTMLDivElement>(null);
  const size = useSize(plot);

  async function keep(format: ExportFormat): Promise<void> {
    const fileName = tableFileName(plan, content, format.toLowerCase());
    const picture = {
      title,
      unit,
      laneNames,
      draw,
      key: pictureKey,
      configLines: configLines(plan, runs, intervalMark),
    };
    await exportChart(format, fileName, picture, csv, (text) => notify('error', text));
  }

  return (
    <section aria-label={title} className={`${card.card} ${curves.panel}`}>
      <header className={curves.header}>
        <h2 className={card.heading}>
          {/* What chooses the chart names it, too. */}
          <span className={choice === undefined ? undefined : 'hidden-text'}>{heading}</span> {choice}
          <Explanation of={title}>{explanation}</Explanation>
        </h2>
        <ExportMenu onExport={(format) => void keep(format)} disabled={empty !== null} />
      </header>
      <div className={laneNames.length > mostLanes ? style.namedInTable : undefined}>
        <CurveLegend laneNames={laneNames} marked={laneNames.length > mostLanes} />
      </div>
      <div ref={plot} className={curves.plot}>
        {empty !== null ? <p>{empty}</p> : size !== null && size.width > 0 && size.height > 0 && draw(size)}
      </div>
    </section>
  );
}
