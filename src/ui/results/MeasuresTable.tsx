import { Popover } from '@base-ui/react/popover';
import { useMemo } from 'react';
import { type Measure, measures } from '../../core/measures.ts';
import { methods as catalogue } from '../../core/methods.ts';
import { metricNames, metricsOfEvaluations, type RunMetrics } from '../../core/metrics.ts';
import type { LaneState } from '../../state/labState.ts';
import { sayOr, say } from '../../texts/say.ts';
import { useLabItems } from '../parts/contexts.ts';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import popup from '../parts/Popup.module.css';
import { percent } from '../parts/words.ts';
import style from './MeasuresTable.module.css';

/** One measure at the ends of tasks, and the same over every evaluation where there is such a one. */
interface Row {
  readonly measure: Measure;
  readonly name: keyof RunMetrics;
  readonly between: keyof RunMetrics | null;
}

const rows: readonly Row[] = metricNames
  .filter((name) => !name.endsWith('Between'))
  .flatMap((name) => {
    const measure = measures.find(({ key }) => key === name);
    const between = metricNames.find((other) => other === `${name}Between`) ?? null;
    return measure === undefined ? [] : [{ measure, name, between }];
  });

/** A lane's measures so far; none for the bounds, whose stream has no order of tasks. */
function metricsOf({ method, evaluations }: Pick<LaneState, 'method' | 'evaluations'>): RunMetrics {
  return metricsOfEvaluations(evaluations, catalogue[method].stream.kind === 'sequential');
}

/** A measure's name, and its definition on hover, focus and press. */
function MeasureName({ measure, between }: Pick<Row, 'measure' | 'between'>) {
  const { key, label, short, definition } = measure;
  const other = measures.find((one) => one.key === between);
  return (
    <Popover.Root>
      <Popover.Trigger openOnHover delay={200} className={style.name}>
        {sayOr(`measures.${key}.short`, short)}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} className={popup.positioner}>
          <Popover.Popup className={popup.popup}>
            <Popover.Title className={style.title}>{sayOr(`measures.${key}.label`, label)}</Popover.Title>
            <Popover.Description className={style.definition}>
              {sayOr(`measures.${key}.definition`, definition)}
              {other !== undefined && (
                <>
                  <br />
                  {say('measuresTable.inBrackets')} {sayOr(`measures.${other.key}.definition`, other.definition)}
                </>
              )}
            </Popover.Description>
          </Popover.Popup>
        </Popover.Positioner>
      </Popover.Portal>
    </Popover.Root>
  );
}

/** What each lane is judged by beside accuracy and forgetting: a row for each measure, a column for each lane. */
export function MeasuresTable() {
  const lanes = useLabItems(({ shown }) => shown?.lanes.map(({ method }) => method) ?? []);
  const evaluations = useLabItems(({ shown }) => shown?.lanes.map((lane) => lane.evaluations) ?? []);
  const metrics = useMemo(
    () => lanes.map((method, lane) => metricsOf({ method, evaluations: evaluations[lane] ?? [] })),
    [lanes, evaluations],
  );
  return (
    <table className={style.table}>
      <thead>
        <tr>
          <th scope="col">
            <span className="hidden-text">{say('measuresTable.measure')}</span>
          </th>
          {lanes.map((method, lane) => {
            const { letter, marker, color } = laneIdentity(lane);
            return (
              <th key={lane} scope="col" style={laneColors(lane)} title={catalogue[method].label}>
                <LaneMarker shape={marker} color={color} /> {letter}
                <span className="hidden-text">, {catalogue[method].label}</span>
              </th>
            );
          })}
        </tr>
      </thead>
      <tbody>
        {rows.map(({ measure, name, between }) => (
          <tr key={name}>
            <th scope="row">
              <MeasureName measure={measure} between={between} />
            </th>
            {metrics.map((ofLane, lane) => {
              const other = between && ofLane[between];
              return (
                <td key={lane}>
                  {percent(ofLane[name], 0)}
                  {other !== null && <small> ({percent(other, 0)})</small>}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
