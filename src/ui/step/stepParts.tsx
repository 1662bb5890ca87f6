import { memo, type ReactNode } from 'react';
import type { Retrieval, Settings } from '../../core/config.ts';
import type { ClimbReport } from '../../core/events.ts';
import type { MethodName } from '../../core/methods.ts';
import type { LaneTrace } from '../../state/labState.ts';
import { say } from '../../texts/say.ts';
import { type ShownImage, MemoryThumb, useRovingFocus } from '../parts/MemoryThumb.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { plainLoss } from '../parts/words.ts';
import type { FormulaName } from './formulas.ts';
import markup from './formulas.ts?typeset';
import pathStyle from './LatentPath.module.css';
import style from './StepPanel.module.css';
import type { LossBar } from './CandidateLosses.tsx';
import slowMotionStyle from './SlowMotion.module.css';

/** What the parts of one lane's step are drawn from. */
export interface StepView {
  /** 0 for Lane A. */
  readonly lane: number;
  readonly method: MethodName;
  readonly classNames: readonly string[];
  /** The latest traced step; null before the first. */
  readonly trace: LaneTrace | null;
  /** In force from the next step on; null if the lane replays nothing. */
  readonly retrieval: Retrieval | null;
  readonly task: number;
  readonly settings: Settings;
  readonly shape: readonly [number, number, number] | null;
  /** What the images are called. */
  readonly images: string;
}

/** A formula by its name, or by its TeX where a method brings it; typeset for the eye and as MathML for screen readers. */
export const Formula = memo(function Formula({ name }: { readonly name: FormulaName | (string & {}) }) {
  return <span className={style.formula} dangerouslySetInnerHTML={{ __html: markup[name] }} />;
});

/** One part of a training step. */
export function FlowStep({
  title,
  idle = false,
  children,
}: {
  readonly title: string;
  /** Whether this part takes no part in the lane's steps. */
  readonly idle?: boolean;
  readonly children: ReactNode;
}) {
  return (
    <li className={style.step} data-idle={idle}>
      <h3>{title}</h3>
      {children}
    </li>
  );
}

/** A row of small images that can be asked about; where it has no name, the lanes tell what each one is. */
export const ImageStrip = memo(function ImageStrip({
  pixels,
  count,
  shape,
  framed = false,
  named = null,
  lane = null,
}: {
  /** 0 for Lane A; null where it is the same for all. */
  readonly lane?: number | null;
  /** What the list is called, and what each image is; stable from one drawing to the next. */
  readonly named?: StripNames | null;
  readonly pixels: Uint8Array | null;
  readonly count: number;
  readonly shape: readonly [number, number, number] | null;
  readonly framed?: boolean;
}) {
  const places = pixels && shape ? count : 0;
  const { tabIndexOf, list } = useRovingFocus(places, 10);
  if (named !== null && pixels !== null && shape !== null && places > 0) {
    return (
      <ul className={style.strip} data-framed={framed} aria-label={named.name} {...list}>
        {named.images.map(({ image, text }, index) => (
          <li key={index} data-place={index}>
            <MemoryThumb
              image={image}
              lane={lane}
              text={text}
              pixels={pixels}
              index={index}
              shape={shape}
              tabIndex={tabIndexOf(index)}
            />
          </li>
        ))}
      </ul>
    );
  }
  return (
    <div className={style.strip} data-framed={framed} aria-hidden="true">
      {pixels && shape
        ? Array.from({ length: places }, (_, index) => (
            <Thumbnail key={index} pixels={pixels} index={index} shape={shape} />
          ))
        : null}
      {Array.from({ length: Math.max(0, 10 - places) }, (_, index) => (
        <span key={`empty ${index}`} />
      ))}
    </div>
  );
});

/** The name of a strip, and its images. */
interface StripNames {
  readonly name: string;
  readonly images: readonly { readonly image: ShownImage; readonly text: string }[];
}

/** As many points of an ascent as there is room for side by side. */
const mostPoints = 5;

/** Which of the points of an ascent are shown: all, or evenly spread ones with both ends. */
export function pathPoints(count: number): number[] {
  if (count <= mostPoints) return Array.from({ length: count }, (_, point) => point);
  return Array.from({ length: mostPoints }, (_, place) => Math.round((place * (count - 1)) / (mostPoints - 1)));
}

/** One latent on its ascent: what the decoder makes of it at each point, and the objective that it climbs. */
export const LatentPath = memo(function LatentPath({
  climb,
  pixels,
  shape,
}: {
  readonly climb: ClimbReport;
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
}) {
  return (
    <ol className={pathStyle.path} aria-label={say('step.ascentOfOneLatent')}>
      {pathPoints(climb.objective.length).map((point) => {
        const amount = plainLoss(climb.objective[point]);
        const terms = { objective: amount, interference: plainLoss(climb.interference[point]) };
        const text = point === 0 ? say('step.climbStart', terms) : say('step.climbAfter', { point, ...terms });
        return (
          <li key={point} aria-label={text} title={text}>
            <span className="hidden-text">{text}</span>
            <Thumbnail pixels={pixels} index={point} shape={shape} className={pathStyle.image} />
            <span aria-hidden="true">{amount}</span>
          </li>
        );
      })}
    </ol>
  );
});

/** What a stage says; it is read out when the stage changes. */
export function StageText({ children }: { readonly children: ReactNode }) {
  return (
    <p className={slowMotionStyle.text} aria-live="polite">
      {children}
    </p>
  );
}

/** From a value to the next. */
export function Arrow() {
  return (
    <>
      <span aria-hidden="true">→</span>
      <span className="hidden-text">{say('step.to')}</span>
    </>
  );
}

/** Cells, which fill its width. */
export function CellFrame({
  title = null,
  children,
}: {
  readonly title?: string | null;
  readonly children: ReactNode;
}) {
  return (
    <div>
      {title !== null && <h3 className={slowMotionStyle.cellsTitle}>{title}</h3>}
      <div className={slowMotionStyle.frame}>{children}</div>
    </div>
  );
}

const barWords = (kind: LossBar['kind']) => say(`step.bars.${kind}`);

/** What the bars under an image are, in order. */
export function BarKey({ kinds }: { readonly kinds: readonly LossBar['kind'][] }) {
  return (
    <p className={slowMotionStyle.key} aria-hidden="true">
      {kinds.map((kind) => (
        <span key={kind}>
          <i data-kind={kind} /> {barWords(kind)}
        </span>
      ))}
    </p>
  );
}
