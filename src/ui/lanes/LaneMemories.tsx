import { type ComponentProps, memo, useMemo } from 'react';
import type { Retrieval } from '../../core/config.ts';
import { type MethodName, methods } from '../../core/methods.ts';
import type { LaneTrace, LaneReconstructions } from '../../state/labState.ts';
import { number } from '../../texts/numbers.ts';
import { say } from '../../texts/say.ts';
import { Said } from '../parts/Said.tsx';
import { insteadWords } from '../parts/words.ts';
import style from './LaneCard.module.css';
import {
  candidateHeads,
  listedCandidate,
  type ListedImage,
  listedSample,
  PickList,
  SpokenBatch,
  generatedHeads,
  latentHeads,
  listedGenerated,
  listedLatent,
} from './PickList.tsx';
import { Thumbnail } from '../parts/Thumbnail.tsx';
import picksStyle from './PickList.module.css';

const noPixels = new Uint8Array(0);
const noImages: readonly ListedImage[] = [];

/** What the memory holds of what it has room for: "120 of 500 digits". */
function heldWords(held: number, capacity: number, images: string): string {
  return say('lanes.held', { held: number(held), capacity: number(capacity), images });
}

/** The images of the batch that came in. */
function useIncoming(trace: LaneTrace | null, classNames: readonly string[]): readonly ListedImage[] {
  return useMemo(
    () => trace?.incoming.map((sample) => listedSample(sample, classNames)) ?? noImages,
    [trace, classNames],
  );
}

/** What MIR retrieves, and what a random draw does; the one that is not used is smaller where there is little room. */
function BothPicks({
  mir,
  random,
  mirShown,
  trace,
  used,
  dense,
  ...common
}: Pick<ComponentProps<typeof PickList>, 'lane' | 'shape' | 'tasks' | 'heads'> & {
  readonly mir: readonly ListedImage[];
  readonly random: readonly ListedImage[];
  /** MIR's name for the eye. */
  readonly mirShown: string;
  readonly trace: LaneTrace | null;
  readonly used: Retrieval | null;
  /** Whether there is little room. */
  readonly dense: boolean;
}) {
  const how = (rule: Retrieval) => ({
    note: used === rule ? say('lanes.replayed') : say('lanes.notUsed'),
    used: used === rule,
    slim: dense && used !== rule,
  });
  return (
    <>
      <PickList
        {...common}
        {...how('mir')}
        name={say('lanes.mirPicks')}
        shown={mirShown}
        images={mir}
        pixels={trace?.thumbnails.mirPicks ?? noPixels}
      />
      <PickList
        {...common}
        {...how('random')}
        name={say('lanes.randomPicks')}
        shown={say('lanes.random')}
        images={random}
        pixels={trace?.thumbnails.randomPicks ?? noPixels}
      />
    </>
  );
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
  numbersOnly,
  held,
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
  /** Whether the run comes from a file or from the list of runs, which have no images. */
  readonly numbersOnly: boolean;
  /** Slots in use. */
  readonly held: number;
  /** Slots of the memory. */
  readonly capacity: number;
}) {
  const incoming = useIncoming(trace, classNames);
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
      {retrieval !== null && !numbersOnly && (
        <div className={style.retrieved} data-dense={dense}>
          {found === null ? (
            <p className={style.early}>
              {task <= 1 && methods[method].replaysCurrentTask !== true && (
                <>
                  <Said text="lanes.replayBeginsWithTask2" />{' '}
                </>
              )}
              {say('lanes.theMemoryFills', { stored: heldWords(held, capacity, images) })}
            </p>
          ) : (
            <BothPicks
              {...common}
              mirShown={say('lanes.mirPicks')}
              mir={mir}
              random={random}
              trace={trace}
              used={used}
              dense={dense}
            />
          )}
        </div>
      )}
      {numbersOnly && retrieval !== null && <p className={style.empty}>{say('lanes.noImages')}</p>}
      {retrieval === null && <p className={style.empty}>{insteadWords(method, images)}</p>}
    </div>
  );
});

const places = 10;

/** Pictures that only together say something, as one image to a screen reader. */
const PictureRow = memo(function PictureRow({
  name,
  spoken,
  pixels,
  shape,
}: {
  /** For the eye. */
  readonly name: string;
  readonly spoken: string;
  readonly pixels: Uint8Array;
  readonly shape: readonly [number, number, number];
}) {
  const count = Math.min(places, Math.floor(pixels.length / (shape[0] * shape[1] * shape[2])));
  return (
    <div className={picksStyle.row} data-used="extra" data-slim="true" title={spoken}>
      <p className={picksStyle.name} aria-hidden="true">
        {name}
      </p>
      <div
        className={picksStyle.list}
        {...(count > 0 ? { role: 'img', 'aria-label': spoken } : { 'aria-hidden': true })}
      >
        {Array.from({ length: places }, (_, index) => (
          <span key={index} className={picksStyle.item}>
            {index < count ? (
              <Thumbnail pixels={pixels} index={index} shape={shape} className={picksStyle.image} />
            ) : (
              <span className={picksStyle.place} />
            )}
          </span>
        ))}
      </div>
    </div>
  );
});

/** Test images of the tasks so far, each above what the lane's decoder makes of its code. */
const RebuiltImages = memo(function RebuiltImages({
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
    <div className={picksStyle.row} data-used="extra" data-worth="least" data-slim="true">
      <p className={`${picksStyle.name} ${picksStyle.pairName}`} aria-hidden="true">
        <span>{say('lanes.testImage')}</span>
        <span>{say('lanes.rebuilt')}</span>
      </p>
      <ul
        className={samples.length === 0 ? 'hidden-text' : picksStyle.list}
        aria-label={say('lanes.testImagesRebuilt')}
      >
        {reconstructions !== null &&
          samples.map((sample, index) => {
            const text = say('lanes.rebuiltImage', {
              text: listedSample(sample, classNames).text,
              step: reconstructions.step,
            });
            const common = { index, shape, className: picksStyle.image };
            return (
              <li key={index} className={`${picksStyle.item} ${picksStyle.pair}`} aria-label={text} title={text}>
                <span className="hidden-text">{text}</span>
                <Thumbnail pixels={reconstructions.pictures.originals} {...common} />
                <Thumbnail pixels={reconstructions.pictures.reconstructions} {...common} />
              </li>
            );
          })}
      </ul>
      {samples.length === 0 && (
        <div className={picksStyle.list} aria-hidden="true">
          {Array.from({ length: places }, (_, index) => (
            <span key={index} className={`${picksStyle.item} ${picksStyle.pair}`}>
              <span className={picksStyle.place} />
              <span className={picksStyle.place} />
            </span>
          ))}
        </div>
      )}
    </div>
  );
});

/** What each rule replays of a lane with a decoder, and what the decoder can do. */
export const DecodedMemories = memo(function DecodedMemories({
  lane,
  kind,
  trace,
  reconstructions,
  retrieval,
  task,
  tasks,
  shape,
  classNames,
  images,
  dense,
  numbersOnly,
}: {
  /** 0 for Lane A. */
  readonly lane: number;
  /** Images that a generator makes up, or stored latents. */
  readonly kind: 'generated' | 'latents';
  readonly trace: LaneTrace | null;
  readonly reconstructions: LaneReconstructions | null;
  readonly retrieval: Retrieval;
  readonly task: number;
  /** How many tasks there are. */
  readonly tasks: number;
  readonly shape: readonly [number, number, number];
  readonly classNames: readonly string[];
  /** What the images are called. */
  readonly images: string;
  /** Whether there is little room: more than two lanes. */
  readonly dense: boolean;
  /** Whether the run comes from a file or from the list of runs, which have no images. */
  readonly numbersOnly: boolean;
}) {
  const found = trace?.retrieval?.kind === kind ? trace.retrieval : null;
  const incoming = useIncoming(trace, classNames);
  const [mir, random] = useMemo(() => {
    if (found === null) return [noImages, noImages];
    const listed = kind === 'generated' ? listedGenerated : listedLatent;
    const list = (rule: Retrieval, picks: typeof found.mirPicks) =>
      picks.map(
        (sample, place): ListedImage => ({
          ...listed(sample, classNames),
          image: { kind: 'decoded', lane, rule, place },
        }),
      );
    return [list('mir', found.mirPicks), list('random', found.randomPicks)];
  }, [found, kind, lane, classNames]);
  const used = found?.used ?? retrieval;
  const common = { lane, shape, tasks, heads: kind === 'generated' ? generatedHeads() : latentHeads() };
  const empty = numbersOnly
    ? say('lanes.noImages')
    : mir.length + random.length > 0 || task > 1
      ? null
      : kind === 'generated'
        ? say('lanes.noDreamsYet', { images })
        : say('lanes.nothingOldYet');
  return (
    <div className={style.memories} data-decoded={kind}>
      <SpokenBatch images={incoming} />
      <div className={style.retrieved} data-dense={dense}>
        {empty === null ? (
          <BothPicks
            {...common}
            mirShown={kind === 'generated' ? say('lanes.mirFinds') : say('lanes.mirPicks')}
            mir={mir}
            random={random}
            trace={trace}
            used={used}
            dense={dense}
          />
        ) : (
          <p className={style.early}>{empty}</p>
        )}
      </div>
      {kind === 'generated' && (
        <PictureRow
          name={say('lanes.dreams')}
          spoken={say('lanes.dreamsSpoken')}
          pixels={found?.pictures.dreams ?? noPixels}
          shape={shape}
        />
      )}
      <RebuiltImages reconstructions={reconstructions} shape={shape} classNames={classNames} />
    </div>
  );
});
