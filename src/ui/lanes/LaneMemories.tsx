import { memo, useMemo } from 'react';
import type { Retrieval } from '../../core/config.ts';
import { type MethodName, methods } from '../../core/methods.ts';
import type { LaneTrace } from '../../state/labState.ts';
import { number } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { Said } from '../parts/Said.tsx';
import { insteadWords } from '../parts/words.ts';
import style from './LaneCard.module.css';
import { candidateHeads, listedCandidate, type ListedImage, listedSample, PickList, SpokenBatch } from './PickList.tsx';

const noPixels = new Uint8Array(0);
const noImages: readonly ListedImage[] = [];

/** What the memory holds of what it has room for: "120 of 500 digits". */
function heldWords(stored: readonly number[], capacity: number, images: string): string {
  const held = stored.reduce((sum, count) => sum + count, 0);
  return say('lanes.held', { held: number(held), capacity: number(capacity), images });
}

/** What came in, what MIR picks and what random picks out of the same candidates. */
export const LaneMemories = memo(function LaneMemories({
  lane,
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
  stored,
  capacity,
}: {
  /** 0 for Lane A. */
  readonly lane: number;
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
  /** Slots in use, by class. */
  readonly stored: readonly number[];
  /** Slots of the memory. */
  readonly capacity: number;
}) {
  const incoming = useMemo(
    () => trace?.incoming.map((sample) => listedSample(sample, classNames)) ?? noImages,
    [trace, classNames],
  );
  const found = trace?.retrieval?.kind === 'memory' ? trace.retrieval : null;
  const [mir, random] = useMemo(() => {
    if (found === null) return [noImages, noImages];
    const listed = (position: number) => listedCandidate(found.candidates[position], classNames);
    return [found.mirPicks.map(listed), found.randomPicks.map(listed)];
  }, [found, classNames]);
  const used = found?.used ?? retrieval;
  const common = { lane, shape, tasks, heads: candidateHeads() };
  return (
    <div className={style.memories}>
      {methods[method].stream.kind === 'sequential' ? (
        <SpokenBatch images={incoming} />
      ) : (
        // Its stream is not that of the other lanes.
        <PickList
          name={say('lanes.incomingBatch')}
          lane={lane}
          note={null}
          images={incoming}
          pixels={trace?.thumbnails.incoming ?? noPixels}
          shape={shape}
          used
          slim
        />
      )}
      {retrieval !== null && !imported && (
        <div className={style.retrieved} data-dense={dense}>
          {found === null ? (
            <p className={style.early}>
              {task <= 1 && methods[method].replaysCurrentTask !== true && (
                <>
                  <Said text="lanes.replayBeginsWithTask2" />{' '}
                </>
              )}
              {say('lanes.theMemoryFills', { stored: heldWords(stored, capacity, images) })}
            </p>
          ) : (
            <>
              <PickList
                {...common}
                name={say('lanes.mirPicks')}
                note={used === 'mir' ? say('lanes.replayed') : say('lanes.notUsed')}
                images={mir}
                pixels={trace?.thumbnails.mirPicks ?? noPixels}
                used={used === 'mir'}
                slim={dense && used !== 'mir'}
              />
              <PickList
                {...common}
                name={say('lanes.randomPicks')}
                shown={say('lanes.random')}
                note={used === 'random' ? say('lanes.replayed') : say('lanes.notUsed')}
                images={random}
                pixels={trace?.thumbnails.randomPicks ?? noPixels}
                used={used === 'random'}
                slim={dense && used !== 'random'}
              />
            </>
          )}
        </div>
      )}
      {imported && retrieval !== null && <p className={style.empty}>{say('lanes.noImages')}</p>}
      {retrieval === null && <p className={style.empty}>{insteadWords(method, images)}</p>}
    </div>
  );
});
