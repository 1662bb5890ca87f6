import { memo, type CSSProperties } from 'react';
import type { CandidateReport, DecodedSample, SampleReport } from '../../core/events.ts';
import { percentage } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { type ShownImage, MemoryThumb, useRovingFocus } from '../parts/MemoryThumb.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import {
  classInSentence,
  className,
  percent,
  plainLoss,
  shortClassName,
  signedScore,
  spokenClass,
  spokenSample,
} from '../parts/words.ts';
import style from './PickList.module.css';

/**
 * The custom properties of a stripe that stands for a task: a timeline in which that task's part is filled. Hue and
 * lightness run with the tasks, as in the viridis scale, and the place tells the same without colour.
 *
 * @param number 1 for the first task
 * @param tasks how many tasks there are
 */
function taskStripe(number: number, tasks: number): CSSProperties {
  const share = (number - 1) / Math.max(1, tasks - 1);
  const hue = Math.round(305 - 205 * share);
  const lightness = (from: number, to: number) => `${Math.round(from + (to - from) * share)}%`;
  return {
    '--task': `light-dark(oklch(${lightness(42, 72)} 0.17 ${hue}), oklch(${lightness(58, 88)} 0.16 ${hue}))`,
    '--task-at': `${Math.round(100 * share)}%`,
    '--task-width': `${100 / Math.max(1, tasks)}%`,
  } as CSSProperties;
}

/** An image in a list, with what is told of it. */
export interface ListedImage {
  /** In full, as a screen reader says it. */
  readonly text: string;
  /** Under the image, line by line; `strong` is what the eye should find first. */
  readonly captions: readonly { readonly text: string; readonly strong: boolean }[];
  /** The image, where it can be asked about. */
  readonly image: ShownImage | null;
  /** Number of the task that it belongs to; null where it belongs to none, or where all are of one task. */
  readonly task: number | null;
}

/** "Digit 3, task 2". */
export function listedSample(
  { label, task }: Pick<SampleReport, 'label' | 'task'>,
  classNames: readonly string[],
): ListedImage {
  return { text: spokenSample(label, task, classNames), captions: [], image: null, task: null };
}

/** What the line under a candidate is. */
export const candidateHeads = () => [say('lanes.heads.score')];

/** "Digit 3, task 2, score +2.41", with the score under the image. */
export function listedCandidate(candidate: CandidateReport, classNames: readonly string[]): ListedImage {
  const score = signedScore(candidate.score);
  return {
    text: say('lanes.withScore', { text: listedSample(candidate, classNames).text, score }),
    captions: [{ text: score.replace('+', ''), strong: true }],
    image: { kind: 'image', sample: candidate.sample, task: candidate.task },
    task: candidate.task,
  };
}

/** What the lines under a made-up image are. */
export const generatedHeads = () => [
  say('lanes.heads.classShare'),
  say('lanes.heads.lossBefore'),
  say('lanes.heads.after'),
];

/** "Taken for digit 3, 98%, loss 0.05 before and 2.31 after the virtual step, interference +2.26". */
export function listedGenerated(
  { label, confidence, lossBefore, lossAfter }: DecodedSample,
  classNames: readonly string[],
): ListedImage {
  const sure = confidence === null ? '' : `, ${percentage(confidence, 0)}`;
  return {
    text: say('lanes.takenFor', {
      spoken: classInSentence(label, classNames),
      sure,
      losses: spokenLosses(lossBefore, lossAfter),
    }),
    captions: [
      {
        text: `${shortClassName(className(label, classNames))} ${confidence === null ? '' : percent(confidence, 0)}`.trim(),
        strong: true,
      },
      { text: plainLoss(lossBefore), strong: false },
      { text: plainLoss(lossAfter), strong: true },
    ],
    image: null,
    task: null,
  };
}

/** What the lines under a decoded latent are. */
export const latentHeads = () => [say('lanes.heads.lossGrowth'), say('lanes.heads.class')];

/** "Cat, task 2, loss 0.41 before and 0.72 after the virtual step, interference +0.31". */
export function listedLatent(
  { label, task, lossBefore, lossAfter }: DecodedSample,
  classNames: readonly string[],
): ListedImage {
  return {
    text: [
      task === null ? spokenClass(label, classNames) : spokenSample(label, task, classNames),
      spokenLosses(lossBefore, lossAfter),
    ].join(', '),
    captions: [
      { text: signedScore(lossAfter - lossBefore).replace('+', ''), strong: true },
      { text: shortClassName(className(label, classNames)), strong: false },
    ],
    image: null,
    task,
  };
}

function spokenLosses(before: number, after: number): string {
  return say('lanes.losses', {
    before: plainLoss(before),
    after: plainLoss(after),
    interference: signedScore(after - before),
  });
}

/** The incoming batch, for those who do not see the page: the eye finds it once, beside the lanes. */
export const SpokenBatch = memo(function SpokenBatch({ images }: { readonly images: readonly ListedImage[] }) {
  return (
    <ul aria-label={say('lanes.incomingBatch')} className="hidden-text">
      {images.map(({ text }, index) => (
        <li key={index}>{text}</li>
      ))}
    </ul>
  );
});

/** A row of images with a few words under each: the incoming batch, or what a retrieval picked. */
export const PickList = memo(function PickList({
  name,
  lane,
  shown = name,
  note,
  heads = [],
  images,
  pixels,
  shape,
  tasks = 1,
  used,
  slim,
}: {
  /** Two words; a slim row shows the first to the eye. */
  readonly name: string;
  /** 0 for Lane A. */
  readonly lane: number;
  /** The name for the eye, where that is another. */
  readonly shown?: string;
  /** A word or two under the name, for the eye. */
  readonly note: string | null;
  /** What the lines under the images are. */
  readonly heads?: readonly string[];
  readonly images: readonly ListedImage[];
  /** The pixels of `images`, in the same order. */
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
  /** How many tasks there are. */
  readonly tasks?: number;
  /** Whether the learner trained on these. */
  readonly used: boolean;
  /** Images only: no words under them. */
  readonly slim: boolean;
}) {
  const [firstWord, rest] = shown.split(' ');
  const { tabIndexOf, list } = useRovingFocus(images.length, 10);
  return (
    <div
      className={style.row}
      data-used={used}
      data-slim={slim}
      data-heads={!slim && heads.length > 0}
      style={{ '--lines': heads.length } as React.CSSProperties}
    >
      <div className={style.name}>
        <p>
          {firstWord} <span className={slim ? 'hidden-text' : undefined}>{rest}</span>
        </p>
        {note !== null && !(slim && !used) && <small>{note}</small>}
        {!slim && heads.length > 0 && (
          <p className={`${style.caption} ${style.heads}`} aria-hidden="true">
            {heads.map((head, at) => (
              <span key={head} data-detail={images.at(0)?.captions[at]?.strong === false}>
                {head}
              </span>
            ))}
          </p>
        )}
      </div>
      <ul className={style.list} aria-label={name} {...list}>
        {images.map(({ text, captions, image, task }, index) => (
          <li
            key={index}
            className={style.item}
            aria-label={text}
            title={image === null ? text : undefined}
            data-place={index}
          >
            {image === null ? (
              <>
                <span className="hidden-text">{text}</span>
                <Thumbnail pixels={pixels} index={index} shape={shape} className={style.image} />
              </>
            ) : (
              <MemoryThumb
                image={image}
                lane={lane}
                text={text}
                pixels={pixels}
                index={index}
                shape={shape}
                className={style.image}
                tabIndex={tabIndexOf(index)}
              />
            )}
            {task !== null && <i className={style.stripe} style={taskStripe(task, tasks)} />}
            {!slim && captions.length > 0 && (
              <span className={style.caption} aria-hidden="true">
                {captions.map((line, at) =>
                  line.strong ? (
                    <b key={at} data-long={line.text.length > 4}>
                      {line.text}
                    </b>
                  ) : (
                    <span key={at} data-detail="true">
                      {line.text}
                    </span>
                  ),
                )}
              </span>
            )}
          </li>
        ))}
      </ul>
    </div>
  );
});
