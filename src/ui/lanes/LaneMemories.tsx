import { memo, useMemo } from 'react';
import type { CandidateReport } from '../../engine/events.ts';
import type { MethodName, Retrieval } from '../../engine/config.ts';
import type { LaneTrace } from '../../state/labState.ts';
import { seesTasksInOrder } from '../words.ts';
import { PickList, type Pick } from './PickList.tsx';
import style from './LaneCard.module.css';

const noPixels = new Uint8Array(0);
const noPicks: readonly Pick[] = [];

function picked(candidates: readonly CandidateReport[], positions: readonly number[]): Pick[] {
  return positions.map((position) => ({ sample: candidates[position], score: candidates[position].score }));
}

/** Why a lane has no picks to show. */
function emptiness(method: MethodName, retrieval: Retrieval | null, task: number, imported: boolean): string | null {
  if (imported) return 'A run file keeps the numbers, not the images.';
  if (retrieval !== null) {
    return task <= 1 ? 'Replay begins with task 2.' : null;
  }
  if (!seesTasksInOrder(method)) return 'Sees all digits shuffled together: nothing to replay, and nothing to forget.';
  return 'Replays nothing: it learns from the incoming batch alone.';
}

/** What came in, what MIR picks and what random picks out of the same candidates. */
export const LaneMemories = memo(function LaneMemories({
  trace,
  method,
  retrieval,
  task,
  shape,
  classNames,
  dense,
  imported,
}: {
  readonly trace: LaneTrace | null;
  readonly method: MethodName;
  readonly retrieval: Retrieval | null;
  readonly task: number;
  readonly shape: readonly [number, number, number];
  readonly classNames: readonly string[];
  /** Whether there is little room: more than two lanes. */
  readonly dense: boolean;
  /** Whether a run file is shown, which has no images. */
  readonly imported: boolean;
}) {
  const incoming = useMemo(() => trace?.incoming.map((sample) => ({ sample, score: null })) ?? noPicks, [trace]);
  const found = trace?.retrieval ?? null;
  const mir = useMemo(() => (found ? picked(found.candidates, found.mirPicks) : noPicks), [found]);
  const random = useMemo(() => (found ? picked(found.candidates, found.randomPicks) : noPicks), [found]);
  const used = found?.used ?? retrieval;
  const common = { shape, classNames, places: 10 };
  const empty = found === null ? emptiness(method, retrieval, task, imported) : null;
  return (
    <div className={style.memories}>
      <PickList
        {...common}
        name="Incoming batch"
        note={null}
        picks={incoming}
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
            picks={mir}
            pixels={trace?.thumbnails.mirPicks ?? noPixels}
            used={used === 'mir'}
            slim={dense && used !== 'mir'}
          />
          <PickList
            {...common}
            name="Random picks"
            note={used === 'random' ? 'replayed' : 'not used'}
            picks={random}
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
