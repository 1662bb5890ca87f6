import { memo, useEffect, useRef, useState, useMemo } from 'react';
import { Popover } from '@base-ui/react/popover';
import type { NegativeElbo, TaskReport } from '../../core/events.ts';
import { measuresElbo, methods as catalogue } from '../../core/methods.ts';
import { say, sayOr } from '../../texts/say.ts';
import { RadioChoice } from '../parts/Button.tsx';
import card from '../parts/Card.module.css';
import { useLab, useLabItems } from '../parts/contexts.ts';
import { Explanation } from '../parts/Dialog.tsx';
import { laneColors, laneIdentity, LaneMarker } from '../parts/laneIdentity.tsx';
import { classList, className, nats, percent, shortClassName, wholeShareNumber } from '../parts/words.ts';
import style from './AccuracyTable.module.css';
import { Confusion } from './Confusion.tsx';
import { type Measure, measures, metricNames, metricsOfEvaluations, type RunMetrics } from '../../core/metrics.ts';
import type { LaneState } from '../../state/labState.ts';
import popup from '../parts/Popup.module.css';
import measuresTableStyle from './MeasuresTable.module.css';

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
      <Popover.Trigger openOnHover delay={200} className={measuresTableStyle.name}>
        {sayOr(`measures.${key}.short`, short)}
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Positioner sideOffset={6} className={popup.positioner}>
          <Popover.Popup className={popup.popup}>
            <Popover.Title className={measuresTableStyle.title}>{sayOr(`measures.${key}.label`, label)}</Popover.Title>
            <Popover.Description className={measuresTableStyle.definition}>
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
function MeasuresTable() {
  const lanes = useLabItems(({ shown }) => shown?.lanes.map(({ method }) => method) ?? []);
  const evaluations = useLabItems(({ shown }) => shown?.lanes.map((lane) => lane.evaluations) ?? []);
  const metrics = useMemo(
    () => lanes.map((method, lane) => metricsOf({ method, evaluations: evaluations[lane] ?? [] })),
    [lanes, evaluations],
  );
  return (
    <table className={measuresTableStyle.table}>
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

/** More tasks than this leave room for the lanes' letters only. */
const mostWithNames = 6;
/** More generators than this leave no room for the parts of their −ELBO. */
const mostWithParts = 2;
/** More tasks than this are wider than the panel, so the table scrolls. */
const mostInSight = 10;

/** What a column's head shows: a task's classes if it has two at most, else its number. */
function headWords(task: TaskReport, classNames: readonly string[], tasks: number): readonly string[] {
  if (task.classes.length > 2 || tasks > mostWithNames) return [String(task.number)];
  const names = task.classes.map((label) => shortClassName(className(label, classNames)));
  return names.join('').length <= 4 ? [names.join('·')] : names;
}

type TaskMeasure = 'accuracy' | 'confusion' | 'measures' | 'negativeElbo';

const measureWords = (): Readonly<Record<TaskMeasure, string>> => ({
  accuracy: say('results.measures.accuracy'),
  confusion: say('results.measures.confusion'),
  measures: say('results.measures.measures'),
  negativeElbo: say('results.measures.negativeElbo'),
});

/** What the region is called, and what its numbers are in. */
function measureName(measure: TaskMeasure): string {
  return measure === 'negativeElbo' ? say('results.negativeElboTitle') : say('results.accuracyTitle');
}

/** How much of each task each lane still gets right, at its latest evaluation; where a lane has a VAE, by choice its −ELBO. */
export function AccuracyTable() {
  const tasks = useLab(({ shown }) => shown?.tasks) ?? [];
  const classNames = useLab(({ shown }) => shown?.classNames) ?? [];
  const current = useLab(({ shown }) => shown?.task ?? 1);
  const methods = useLabItems(({ shown }) => shown?.lanes.map((lane) => lane.method) ?? []);
  const latest = useLabItems(({ shown }) => shown?.lanes.map((lane) => lane.evaluations.at(-1) ?? null) ?? []);
  const [chosen, setChosen] = useState<TaskMeasure>('accuracy');
  const hasElbo = methods.some(measuresElbo);
  const measures: readonly TaskMeasure[] = hasElbo
    ? ['accuracy', 'confusion', 'measures', 'negativeElbo']
    : ['accuracy', 'confusion', 'measures'];
  const measure = measures.includes(chosen) ? chosen : 'accuracy';
  const name = measureName(measure);
  const tested = latest.find((evaluation) => evaluation !== null);
  const scroller = useRef<HTMLDivElement>(null);
  const scrolls = tasks.length > mostInSight;
  const namesLanes = tasks.length <= mostWithNames;
  const showsParts = namesLanes && measure === 'negativeElbo' && methods.filter(measuresElbo).length <= mostWithParts;

  useEffect(() => {
    const head = scroller.current?.querySelector<HTMLElement>(`thead th:nth-child(${current + 1})`);
    if (!scrolls || !scroller.current || !head) return;
    scroller.current.scrollLeft = head.offsetLeft + head.offsetWidth - scroller.current.clientWidth;
  }, [current, scrolls]);

  return (
    <section data-spot="table" aria-label={name} className={card.card}>
      <header className={style.header}>
        <h2 className={card.heading}>
          {/* What chooses the measure names it, too. */}
          <span className="hidden-text">{name}</span>
          <RadioChoice
            label={say('results.measureByTask')}
            options={measures}
            words={measureWords()}
            value={measure}
            onChange={setChosen}
          />{' '}
          <MeasureExplanation measure={measure} />
        </h2>
        {tested && measure !== 'measures' && (
          <p className={style.set}>
            {measure === 'negativeElbo' ? say('results.nats') : measure === 'accuracy' ? '%' : say('results.answers')} ·{' '}
            {tested.set === 'complete' ? say('results.allTests') : say('results.subset')}
            {/* Confusion says itself of when it is. */}
            {measure !== 'confusion' && ` · ${say('results.atStep', { step: tested.step })}`}
          </p>
        )}
      </header>
      {measure === 'confusion' ? (
        <Confusion tasks={tasks} classNames={classNames} />
      ) : measure === 'measures' ? (
        <MeasuresTable />
      ) : (
        <div
          ref={scroller}
          // A table that scrolls is scrolled by the keyboard, too.
          tabIndex={0}
          className={style.scroller}
          {...(scrolls ? { role: 'group', 'aria-label': say('results.scrollsSideways', { name }) } : {})}
        >
          <table
            className={style.table}
            data-names={namesLanes}
            data-parts={showsParts}
            style={{ '--tasks': tasks.length } as React.CSSProperties}
          >
            <thead>
              <tr>
                <th scope="col">
                  <span className="hidden-text">{say('results.lane')}</span>
                </th>
                {tasks.map((task) => (
                  <th
                    key={task.number}
                    scope="col"
                    title={say('results.taskTitle', {
                      number: task.number,
                      classes: classList(task.classes, classNames),
                    })}
                  >
                    <span className="hidden-text">
                      {say('results.taskClasses', {
                        number: task.number,
                        classes: classList(task.classes, classNames),
                      })}
                    </span>
                    {headWords(task, classNames, tasks.length).map((word) => (
                      <span key={word} aria-hidden="true" className={style.word}>
                        {word}
                      </span>
                    ))}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {methods.map((method, lane) => {
                const { letter, marker, color } = laneIdentity(lane);
                return (
                  <tr key={lane} style={laneColors(lane)}>
                    <th scope="row">
                      <span className={style.lane}>
                        <LaneMarker shape={marker} color={color} />
                        <span>
                          {letter}
                          <span className={namesLanes ? undefined : 'hidden-text'}> · {catalogue[method].label}</span>
                        </span>
                      </span>
                      {showsParts && measuresElbo(method) && (
                        <span aria-hidden="true">
                          <small className={style.part}>{say('results.reconstruction')}</small>
                          <small className={style.part}>{say('results.kl')}</small>
                        </span>
                      )}
                    </th>
                    {tasks.map((task, index) => {
                      if (measure === 'negativeElbo') {
                        return (
                          <ElboCell
                            key={task.number}
                            elbo={latest[lane]?.elboByTask?.[index] ?? null}
                            parts={showsParts}
                          />
                        );
                      }
                      const accuracy = latest[lane]?.accuracyByTask[index] ?? null;
                      return (
                        <td
                          key={task.number}
                          className={style.cell}
                          style={{ '--tint': `${Math.round(45 * (accuracy ?? 0))}%` } as React.CSSProperties}
                        >
                          {wholeShareNumber(accuracy)}
                        </td>
                      );
                    })}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}

const MeasureExplanation = memo(function MeasureExplanation({ measure }: { readonly measure: TaskMeasure }) {
  switch (measure) {
    case 'accuracy':
      return <Explanation of={say('results.accuracyByTask')}>{say('results.explanations.accuracy')}</Explanation>;
    case 'confusion':
      return <Explanation of={say('results.confusion')}>{say('results.explanations.confusion')}</Explanation>;
    case 'measures':
      return <Explanation of={say('measuresTable.about')}>{say('measuresTable.explanation')}</Explanation>;
    case 'negativeElbo':
      return (
        <Explanation of={say('results.negativeElboByTask')}>{say('results.explanations.negativeElbo')}</Explanation>
      );
    default:
      return measure satisfies never;
  }
});

/** A task's −ELBO; under it its two parts where there is room. */
function ElboCell({ elbo, parts }: { readonly elbo: NegativeElbo | null; readonly parts: boolean }) {
  if (elbo === null) return <td className={style.cell}>–</td>;
  const spoken = say('results.reconstructionKl', { reconstruction: nats(elbo.reconstruction), kl: nats(elbo.kl) });
  return (
    <td className={style.cell} title={spoken}>
      {Math.round(elbo.total)}
      <span className="hidden-text">, {spoken}</span>
      {parts && (
        <span aria-hidden="true">
          <small className={style.part}>{Math.round(elbo.reconstruction)}</small>
          <small className={style.part}>{Math.round(elbo.kl)}</small>
        </span>
      )}
    </td>
  );
}
