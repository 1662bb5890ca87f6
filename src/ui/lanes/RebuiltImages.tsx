import { memo } from 'react';
import type { LaneReconstructions } from '../../state/labState.ts';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import { listedSample } from './listedImages.ts';
import style from './PickList.module.css';

const places = 10;

/** Test images of the tasks so far, each above what the lane's decoder makes of its code. */
export const RebuiltImages = memo(function RebuiltImages({
  reconstructions,
  shape,
  classNames,
}: {
  readonly reconstructions: LaneReconstructions | null;
  readonly shape: readonly [number, number, number];
  readonly classNames: readonly string[];
}) {
  const samples = reconstructions?.samples ?? [];
  return (
    <div className={style.row} data-used="extra" data-slim="true">
      <p className={`${style.name} ${style.pairName}`} aria-hidden="true">
        <span>Test image</span>
        <span>rebuilt</span>
      </p>
      <ul className={style.list} aria-label="Test images rebuilt">
        {reconstructions !== null &&
          samples.map((sample, index) => {
            const text = `${listedSample(sample, classNames).text}, after step ${reconstructions.step}: the original above, rebuilt below`;
            const common = { index, shape, className: style.image };
            return (
              <li key={index} className={`${style.item} ${style.pair}`} aria-label={text} title={text}>
                <span className="hidden-text">{text}</span>
                <Thumbnail pixels={reconstructions.pictures.originals} {...common} />
                <Thumbnail pixels={reconstructions.pictures.reconstructions} {...common} />
              </li>
            );
          })}
      </ul>
      {samples.length === 0 && (
        <div className={style.list} aria-hidden="true">
          {Array.from({ length: places }, (_, index) => (
            <span key={index} className={`${style.item} ${style.pair}`}>
              <span className={style.place} />
              <span className={style.place} />
            </span>
          ))}
        </div>
      )}
    </div>
  );
});
