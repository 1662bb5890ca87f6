import { memo } from 'react';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import type { ListedImage } from './listedImages.ts';
import style from './PickList.module.css';

/** A row of images with a few words under each: the incoming batch, or what a retrieval picked. */
export const PickList = memo(function PickList({
  name,
  shown = name,
  note,
  heads = [],
  images,
  pixels,
  shape,
  used,
  slim,
  spare = false,
  places,
}: {
  /** Two words; a slim row shows the first to the eye. */
  readonly name: string;
  /** The name for the eye, where that is another. */
  readonly shown?: string;
  /** A word or two under the name, for the eye. */
  readonly note: string | null;
  /** What the lines under the images are, where that is not plain. */
  readonly heads?: readonly string[];
  readonly images: readonly ListedImage[];
  /** The pixels of `images`, in the same order. */
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
  /** Whether the learner trained on these. */
  readonly used: boolean;
  /** Images only: nothing under them. */
  readonly slim: boolean;
  /** Whether it may be hidden from view where there is little room. */
  readonly spare?: boolean;
  /** How many empty places to show while there is nothing. */
  readonly places: number;
}) {
  const [firstWord, rest] = shown.split(' ');
  return (
    <div className={style.row} data-used={used} data-slim={slim} data-spare={spare} data-heads={!slim && heads.length > 0}>
      <div className={style.name}>
        <p>
          {firstWord} <span className={slim ? 'hidden-text' : undefined}>{rest}</span>
        </p>
        {note !== null && !(slim && !used) && <small>{note}</small>}
        {!slim && heads.length > 0 && (
          <p className={`${style.caption} ${style.heads}`} aria-hidden="true">
            {heads.map((head) => (
              <span key={head}>{head}</span>
            ))}
          </p>
        )}
      </div>
      <ul className={style.list} aria-label={name}>
        {images.map(({ text, captions }, index) => (
          <li key={index} className={style.item} aria-label={text} title={text}>
            <span className="hidden-text">{text}</span>
            <Thumbnail pixels={pixels} index={index} shape={shape} className={style.image} />
            {!slim && captions.length > 0 && (
              <span className={style.caption} aria-hidden="true">
                {captions.map((line, at) => (line.strong ? <b key={at}>{line.text}</b> : <span key={at}>{line.text}</span>))}
              </span>
            )}
          </li>
        ))}
      </ul>
      {images.length === 0 && (
        <div className={style.list} aria-hidden="true">
          {Array.from({ length: places }, (_, index) => (
            <span key={index} className={style.item}>
              <span className={style.place} />
            </span>
          ))}
        </div>
      )}
    </div>
  );
});
