import type { FlowPart } from '../../core/catalogue/methodEntry.ts';
import { mean } from '../../core/metrics.ts';
import type { ConstraintFigures, DistillationFigures, PastGradient } from '../../core/stepFigures.ts';
import { fixed } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { exact } from '../parts/MemoryThumb.tsx';
import { Said } from '../parts/Said.tsx';
import { IncomingLosses, type StageView } from './memoryStages.tsx';
import style from './SlowMotion.module.css';
import { BarKey, Formula, StageText } from './stepParts.tsx';

/** A stage that a method describes itself: formula and sentence, and the numbers of this very step. */
export function PartStage({ part, view }: { readonly part: FlowPart; readonly view: StageView }) {
  return (
    <>
      <Formula name={part.tex} />
      <p className={style.text}>{part.text}</p>
      {part.shows !== undefined && <Figures shows={part.shows} view={view} />}
    </>
  );
}

function Figures({ shows, view }: { readonly shows: NonNullable<FlowPart['shows']>; readonly view: StageView }) {
  const { figures, losses } = view.trace;
  if (shows === 'losses') return losses && <RealLosses view={view} losses={losses.incoming} />;
  switch (figures?.kind) {
    case 'constraint':
      return <Constraint shows={shows} figures={figures} />;
    case 'distillation':
      return <Distillation shows={shows} figures={figures} view={view} />;
    case 'penalty': {
      const { penalty, pullLength, length, distance, largest } = figures;
      if (largest === 0)
        return (
          <StageText>
            <Said text="stepFigures.nothingMeasured" />
          </StageText>
        );
      return shows === 'importance' ? (
        <StageText>
          <Said text="stepFigures.importance" values={{ largest: exact(largest) }} />
        </StageText>
      ) : (
        <StageText>
          <Said
            text="stepFigures.penalty"
            values={{
              penalty: exact(penalty),
              distance: exact(distance),
              pull: exact(pullLength),
              length: exact(length),
            }}
          />
        </StageText>
      );
    }
    case undefined:
      return (
        <StageText>
          <Said text="stepFigures.noEarlierNetwork" />
        </StageText>
      );
    default:
      return figures satisfies never;
  }
}

/** The angle between the incoming gradient and one of the past, in degrees; null where one of them is 0. */
function angleBetween(length: number, { length: other, product }: PastGradient): number | null {
  const cosine = product / (length * other);
  return Number.isFinite(cosine) ? (180 / Math.PI) * Math.acos(Math.max(-1, Math.min(1, cosine))) : null;
}

/** GEM and A-GEM: a row for each gradient of the past. */
function Constraint({ shows, figures }: { readonly shows: FlowPart['shows']; readonly figures: ConstraintFigures }) {
  const { past, length, lengthAfter } = figures;
  if (past.length === 0)
    return (
      <StageText>
        <Said text="stepFigures.noPast" />
      </StageText>
    );
  const hurt = past.filter(({ product }) => product < 0).length;
  const angle = (gradient: PastGradient) => {
    const degrees = angleBetween(length, gradient);
    return degrees === null ? '' : `${fixed(degrees, 0)}°`;
  };
  const name = ({ task }: PastGradient) =>
    task === null ? say('stepFigures.drawn') : say('stepFigures.task', { task: String(task) });
  switch (shows) {
    case 'gradients':
      return (
        <>
          <StageText>
            <Said text="stepFigures.gradients" values={{ length: exact(length) }} />
          </StageText>
          <FigureTable
            name={say('stepFigures.table.gradients')}
            columns={['', say('stepFigures.memories'), say('stepFigures.length')]}
            rows={past.map((gradient) => [name(gradient), String(gradient.memories), exact(gradient.length)])}
          />
        </>
      );
    case 'products':
      return (
        <>
          <StageText>
            <Said text="stepFigures.products" values={{ hurt }} />
          </StageText>
          <FigureTable
            name={say('stepFigures.table.products')}
            columns={['', say('stepFigures.product'), say('stepFigures.angle')]}
            rows={past.map((gradient) => [name(gradient), exact(gradient.product), angle(gradient)])}
          />
        </>
      );
    default:
      return (
        <>
          <StageText>
            {hurt === 0 ? (
              <Said text="stepFigures.stays" values={{ after: exact(lengthAfter) }} />
            ) : (
              <Said text="stepFigures.turned" values={{ before: exact(length), after: exact(lengthAfter) }} />
            )}
          </StageText>
          <FigureTable
            name={say('stepFigures.table.turned')}
            columns={['', say('stepFigures.weight'), say('stepFigures.productBefore'), say('stepFigures.productAfter')]}
            rows={past.map((gradient) => [
              name(gradient),
              exact(gradient.weight),
              exact(gradient.product),
              exact(gradient.productAfter),
            ])}
          />
        </>
      );
  }
}

/** Classes in the table of one image: as many as tell something. */
const shownClasses = 6;

/** iCaRL and LwF: what an image was to be answered, and the losses of both kinds of answers. */
function Distillation({
  shows,
  figures,
  view,
}: {
  readonly shows: FlowPart['shows'];
  readonly figures: DistillationFigures;
  readonly view: StageView;
}) {
  const { old, exemplars, lossOfLabels, lossOfAnswers } = figures;
  const { trace, classNames } = view;
  if (shows === 'exemplars')
    return exemplars === null ? (
      <StageText>
        <Said text="stepFigures.noExemplars" />
      </StageText>
    ) : (
      <StageText>
        <Said
          text="stepFigures.exemplars"
          values={{
            count: exemplars.count,
            before: exact(exemplars.before),
            after: exact(exemplars.after),
          }}
        />
      </StageText>
    );
  if (shows === 'distilled')
    return (
      <StageText>
        <Said text="stepFigures.distilled" values={{ labels: exact(lossOfLabels), answers: exact(lossOfAnswers) }} />
      </StageText>
    );
  const [targets, answers] = [figures.targets[0], figures.answers[0]];
  const telling = (label: number) => Math.max(targets[label], answers[label]);
  const classes = [...targets.keys()]
    .toSorted((one, other) => telling(other) - telling(one))
    .slice(0, shownClasses)
    .toSorted((one, other) => one - other);
  return (
    <>
      <StageText>
        {old.length === 0 ? (
          <Said text="stepFigures.labelsAlone" values={{ labels: exact(lossOfLabels) }} />
        ) : (
          <Said
            text="stepFigures.answers"
            values={{ labels: exact(lossOfLabels), answers: exact(lossOfAnswers), count: old.length }}
          />
        )}
      </StageText>
      <FigureTable
        name={say('stepFigures.table.answers', { name: classNames[trace.incoming[0].label] })}
        columns={[
          say('stepFigures.firstImage', { name: classNames[trace.incoming[0].label] }),
          say('stepFigures.target'),
          say('stepFigures.answer'),
        ]}
        rows={classes.map((label) => [
          say(old.includes(label) ? 'stepFigures.oldClass' : 'stepFigures.newClass', { name: classNames[label] }),
          exact(targets[label]),
          exact(answers[label]),
        ])}
      />
    </>
  );
}

/** The incoming batch before and after the real step of a method that says itself what the step is. */
function RealLosses({
  view,
  losses,
}: {
  readonly view: StageView;
  readonly losses: NonNullable<StageView['trace']['losses']>['incoming'];
}) {
  const { settings, images } = view;
  const highest = Math.max(1e-9, ...[...losses.before, ...losses.after].filter(Number.isFinite));
  return (
    <>
      <StageText>
        <Said
          text="stepFigures.losses"
          values={{
            images,
            iterations: settings.iterations,
            before: exact(mean(losses.before)),
            after: exact(mean(losses.after)),
          }}
        />
      </StageText>
      <IncomingLosses view={view} losses={losses} highest={highest} titled={false} />
      <BarKey kinds={['before', 'after']} />
    </>
  );
}

/** Numbers in a table whose first column names the rows. */
function FigureTable({
  name,
  columns,
  rows,
}: {
  readonly name: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}) {
  return (
    <table className={style.figures} aria-label={name}>
      <thead>
        <tr>
          {columns.map((column, index) =>
            column === '' ? (
              <td key={index} />
            ) : (
              <th key={index} scope="col">
                {column}
              </th>
            ),
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map(([first, ...others]) => (
          <tr key={first}>
            <th scope="row">{first}</th>
            {others.map((value, index) => (
              <td key={index}>{value}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
