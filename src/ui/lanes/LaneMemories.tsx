import { memo, useMemo } from 'react';
import type { Retrieval } from '../../core/config.ts';
import { type MethodName, methods } from '../../core/methods.ts';
import type { LaneTrace } from '../../state/labState.ts';
import style from './LaneCard.module.css';
import { listedCandidate, type ListedImage, listedSample, PickList } from './PickList.tsx';

const noPixels = new Uint8Array(0);
const noImages: readonly ListedImage[] = [];

/** More tasks than this have numbers of two digits. */
const mostWithWord = 10;

/** Why a lane has no picks to show. */
function emptiness(
  method: MethodName,
  retrieval: Retrieval | null,
  task: number,
  imported: boolean,
  images: string,
): string | null {
  if (imported) return 'A run file keeps the numbers, not the images.';
  if (retrieval !== null) {
    return task <= 1 ? 'Replay begins with task 2.' : null;
  }
  return methods[method].instead?.(images) ?? null;
}

/** What came in, what MIR picks and what random picks out of the same candidates. */
export const LaneMemories = memo(function LaneMemories({
  trace,
  method,
  retrieval,
  task,
  tasks,
  shape,
  classNames,
  images,
  dense,
  imported,
}: {
  readonly trace: LaneTrace | null;
  readonly method: MethodName;
  readonly retrieval: Retrieval | null;
  readonly task: number;
  /** How many tasks there are. */
  readonly tasks: number;
  readonly shape: readonly [number, number, number];
  readonly classNames: readonly string[];
  /** What the images are called. */
  readonly images: string;
  /** Whether there is little room: more than two lanes. */
  readonly dense: boolean;
  /** Whether a run file is shown, which has no images. */
  readonly imported: boolean;
}) {
  const incoming = useMemo(
    () => trace?.incoming.map((sample) => listedSample(sample, classNames)) ?? noImages,
    [trace, classNames],
  );
  const found = trace?.retrieval?.kind === 'memory' ? trace.retrieval : null;
  const [mir, random] = useMemo(() => {
    if (found === null) return [noImages, noImages];
    // The current task's images are never candidates: with ten tasks all have one digit.
    const listed = (position: number) => listedCandidate(found.candidates[position], classNames, tasks > mostWithWord);
    return [found.mirPicks.map(listed), found.randomPicks.map(listed)];
  }, [found, classNames, tasks]);
  const used = found?.used ?? retrieval;
  const common = { shape, places: 10 };
  const empty = found === null ? emptiness(method, retrieval, task, imported, images) : null;
  return (
    <div className={style.memories}>
      <PickList
        {...common}
        name="Incoming batch"
        note={null}
        images={incoming}
        pixels={trace?.thumbnails.incoming ?? noPixels}
        used
        slim
        spare={retrieval !== null}
      />
      {retrieval !== null && (
        <>
          <PickList
            {...common}
            name="MIR picks"
            note={used === 'mir' ? 'replayed' : 'not used'}
            images={mir}
            pixels={trace?.thumbnails.mirPicks ?? noPixels}
            used={used === 'mir'}
            slim={dense && used !== 'mir'}
          />
          <PickList
            {...common}
            name="Random picks"
            note={used === 'random' ? 'replayed' : 'not used'}
            images={random}
            pixels={trace?.thumbnails.randomPicks ?? noPixels}
            used={used === 'random'}
            slim={dense && used !== 'random'}
          />
        </>
      )}
      {empty !== null && <p className={`${style.empty} ${retrieval === null ? '' : style.early}`}>{empty}</p>}
    </div>
  );
});
