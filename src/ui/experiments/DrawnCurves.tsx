import { RadioChoice } from '../parts/RadioChoice.tsx';
import { MemorySizeCurves } from './MemorySizeCurves.tsx';
import { RowCurves } from './RowCurves.tsx';
import { SecondRowCurves } from './SecondRowCurves.tsx';
import style from './ExperimentsView.module.css';

/** What the horizontal axis of the charts is. */
export const curveAxes = ['memory', 'step'] as const;
export type CurveAxis = (typeof curveAxes)[number];

const words: Readonly<Record<CurveAxis, string>> = { memory: 'By memory size', step: 'By step' };

/** The charts of a table; of Figure 4 by choice the figure itself, or learning curves. */
export function DrawnCurves({
  axis,
  onAxis,
  drawn,
}: {
  /** Null where a table has learning curves only. */
  readonly axis: CurveAxis | null;
  readonly onAxis: (axis: CurveAxis) => void;
  /** Names of the rows whose learning curves are drawn. */
  readonly drawn: readonly string[];
}) {
  return (
    <div className={style.curves}>
      {axis !== null && (
        <div className={style.axis}>
          <RadioChoice label="Charts" options={curveAxes} words={words} value={axis} onChange={onAxis} />
        </div>
      )}
      {axis === 'memory' ? (
        <>
          <MemorySizeCurves metric="averageAccuracy" />
          <MemorySizeCurves metric="averageForgetting" />
        </>
      ) : (
        <>
          <RowCurves metric="averageAccuracy" drawn={drawn} />
          <SecondRowCurves drawn={drawn} />
        </>
      )}
    </div>
  );
}
