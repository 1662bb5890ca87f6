import * as tf from '@tensorflow/tfjs';
import type {
  CandidateReport,
  DecodedRetrievalReport,
  DecodedSample,
  ExperimentEvent,
  Pictures,
  RetrievalReport,
} from '../core/events.ts';
import type { Batch } from '../core/stream.ts';
import type { ImageSource } from './data/imageSource.ts';
import type { Lane } from './lane.ts';
import type { DecodedImages, DecodedTrace, Observation, Replay } from './methods/learner.ts';
import { tidy } from './models/parameters.ts';
import type { Arrival } from './runner/readBacks.ts';

/** What 0 and 255 of a byte are to the network. */
type PixelRange = readonly [low: number, high: number];

/** Images as the network sees them, as bytes on this side; frees the tensor. */
async function readPictures(images: tf.Tensor2D, [low, high]: PixelRange): Promise<Pictures> {
  const scaled = tidy(() => tf.round(tf.mul(tf.sub(tf.clipByValue(images, low, high), low), 255 / (high - low))));
  images.dispose();
  const values = await scaled.data();
  scaled.dispose();
  return Uint8Array.from(values);
}

/** Reads back what a decoder made in a traced step; frees its tensors. */
async function readDecoded(trace: DecodedTrace, range: PixelRange): Promise<DecodedRetrievalReport> {
  const [random, mir, path, interference, dreams, reconstructions] = await Promise.all([
    trace.retrieved && readImages(trace.retrieved.random, range),
    trace.retrieved && readImages(trace.retrieved.mir, range),
    trace.path && readPictures(trace.path.images, range),
    trace.path && readValues(trace.path.interference),
    trace.dreams && readPictures(trace.dreams, range),
    readPictures(trace.reconstructions, range),
  ]);
  const none: Pictures = new Uint8Array(0);
  return {
    kind: trace.kind,
    used: trace.used,
    mirPicks: mir?.samples ?? [],
    randomPicks: random?.samples ?? [],
    path: interference ?? [],
    pictures: {
      mirPicks: mir?.pictures ?? none,
      randomPicks: random?.pictures ?? none,
      path: path ?? none,
      dreams: dreams ?? none,
      reconstructions,
    },
  };
}

async function readImages(
  decoded: DecodedImages,
  range: PixelRange,
): Promise<{ samples: DecodedSample[]; pictures: Pictures }> {
  const [labels, confidences, tasks, before, after, pictures] = await Promise.all([
    readValues(decoded.labels),
    decoded.confidences && readValues(decoded.confidences),
    decoded.tasks && readValues(decoded.tasks),
    readValues(decoded.lossesBefore),
    readValues(decoded.lossesAfter),
    readPictures(decoded.images, range),
  ]);
  const samples = labels.map((label, index) => ({
    label,
    confidence: confidences?.[index] ?? null,
    task: tasks?.[index] ?? null,
    lossBefore: before[index],
    lossAfter: after[index],
  }));
  return { samples, pictures };
}

async function readValues(tensor: tf.Tensor1D): Promise<number[]> {
  const values = await tensor.data();
  tensor.dispose();
  return Array.from(values);
}

/** Tensors of one step that wait to be read back together with those of its neighbours. */
interface Recorded {
  readonly step: number;
  /** Mean incoming loss of the step. */
  readonly loss: tf.Scalar;
  readonly replays: readonly Replay[];
  /** Latents replaced in this step; null where none are searched. */
  readonly replacedLatents: tf.Scalar | null;
}

/** Collects what a lane did, and reads it back in groups of steps. */
export class LaneRecorder {
  private readonly lane: Lane;
  private readonly index: number;
  private readonly range: PixelRange;
  private group: Recorded[] = [];
  private replacedLatents = 0;

  /** @param range what black and white are to the network */
  constructor(lane: Lane, index: number, range: PixelRange) {
    this.lane = lane;
    this.index = index;
    this.range = range;
  }

  /** Takes over the tensors of one step's observations. */
  record(step: number, observations: readonly Observation[]): void {
    const losses = observations.map((observation) => observation.losses);
    const loss = tidy(() => tf.mean<tf.Scalar>(tf.concat1d(losses)));
    tf.dispose(losses);
    const replaced = observations.flatMap((observation) => observation.replacedLatents ?? []);
    const replacedLatents = replaced.length === 0 ? null : tidy(() => tf.sum<tf.Scalar>(tf.stack(replaced)));
    tf.dispose(replaced);
    this.group.push({
      step,
      loss,
      replays: observations.flatMap((observation) => observation.replays),
      replacedLatents,
    });
  }

  /** Starts to read back the group collected so far; null if there is none. */
  flush(): Promise<Arrival> | null {
    if (this.group.length === 0) return null;
    const group = this.group;
    this.group = [];
    const replays = group.flatMap((recorded) => recorded.replays);
    const losses = tidy(() => tf.stack(group.map((recorded) => recorded.loss)));
    const picks = replays.length === 0 ? null : tidy(() => tf.concat1d(replays.map((replay) => replay.picks)));
    const counts = group.flatMap((recorded) => recorded.replacedLatents ?? []);
    const replaced = counts.length === 0 ? null : tidy(() => tf.sum(tf.stack(counts)));
    tf.dispose([...group.map((recorded) => recorded.loss), ...replays.map((replay) => replay.picks), ...counts]);
    const last = group[group.length - 1].step;
    return Promise.all([losses.data(), picks?.data() ?? [], replaced?.data() ?? [0]]).then(
      ([lossValues, pickValues, [replacedNow]]) => {
        tf.dispose([losses, picks ?? [], replaced ?? []]);
        return () => {
          this.replacedLatents += replacedNow;
          return this.progress(last, Array.from(lossValues), replays, Array.from(pickValues));
        };
      },
    );
  }

  /** Starts to read back one traced step. Its candidates and scores are the first iteration's. */
  trace(step: number, task: number, batch: Batch, observations: readonly Observation[]): Promise<Arrival> {
    const replay = observations[0].replays.at(0) ?? null;
    const traced = replay?.traced ?? null;
    const decoded = observations[0].decoded ?? null;
    const loss = tidy(() => tf.mean(observations[0].losses));
    return Promise.all([
      loss.data(),
      traced?.scores.data() ?? [],
      traced?.mirPicks.data() ?? [],
      decoded && readDecoded(decoded, this.range),
    ]).then(([[lossValue], scores, mirPicks, decodedReport]) => {
      tf.dispose([loss, ...(traced === null ? [] : [traced.scores, traced.mirPicks])]);
      return () => {
        if (this.lane.stopped !== null) return [];
        const incoming = reportSamples(batch);
        const retrieval =
          decodedReport ?? (replay && this.reportRetrieval(replay, Array.from(scores), Array.from(mirPicks)));
        return [{ kind: 'traced', lane: this.index, step, task, incoming, loss: lossValue, retrieval }];
      };
    });
  }

  /** Starts to read back what the lane's decoder makes of test images. */
  reconstruct(
    step: number,
    shown: readonly { readonly sample: number; readonly task: number }[],
    testImages: ImageSource,
  ): Promise<Arrival> {
    const { originals, reconstructions, labels } = tidy(() => {
      const { images, labels: classes } = testImages(
        Int32Array.from(shown, ({ sample }) => sample),
        Int32Array.from(shown, ({ task }) => task),
      );
      return {
        originals: images,
        labels: classes,
        reconstructions: this.lane.learner.reconstruct?.(images) ?? images.clone(),
      };
    });
    const reading = Promise.all([
      readPictures(originals, this.range),
      readPictures(reconstructions, this.range),
      labels.data(),
    ]);
    return reading.then(([before, after, classes]) => {
      labels.dispose();
      const samples = shown.map(({ task }, index) => ({ label: classes[index], task }));
      const pictures = { originals: before, reconstructions: after };
      return () =>
        this.lane.stopped === null ? [{ kind: 'reconstructed', lane: this.index, step, samples, pictures }] : [];
    });
  }

  /** Frees what was collected and not read back. */
  dispose(): void {
    for (const { loss, replays, replacedLatents } of this.group) {
      tf.dispose([loss, ...replays.map((replay) => replay.picks), replacedLatents ?? []]);
    }
    this.group = [];
  }

  private progress(step: number, losses: number[], replays: readonly Replay[], picks: number[]): ExperimentEvent[] {
    if (this.lane.stopped !== null) return [];
    let from = 0;
    for (const replay of replays) {
      const count = replay.picks.size;
      this.lane.countReplay(replay, picks.slice(from, from + count));
      from += count;
    }
    const wrong = losses.findIndex((loss) => !Number.isFinite(loss));
    const good = wrong === -1 ? losses : losses.slice(0, wrong);
    const progress: ExperimentEvent = {
      kind: 'progress',
      lane: this.index,
      step: step - losses.length + good.length,
      losses: good,
      counts: this.lane.counts(),
      replacedLatents: this.replacedLatents,
    };
    if (wrong === -1) return [progress];
    const at = step - losses.length + wrong + 1;
    return [progress, stopLane(this.lane, this.index, at, `The loss of step ${at} is not a finite number`)];
  }

  private reportRetrieval(replay: Replay, scores: number[], mirPicks: number[]): RetrievalReport {
    const { slots, samples, labels, tasks } = replay.candidates;
    const candidates = Array.from(slots, (slot, position): CandidateReport => {
      const [sample, label, task] = [samples[position], labels[position], tasks[position]];
      return { slot, sample, label, task, score: scores[position] };
    });
    const { retrievalScore, budget } = this.lane.config;
    const randomPicks = Array.from({ length: Math.min(budget, candidates.length) }, (_, position) => position);
    return { kind: 'memory', score: retrievalScore, used: replay.used, candidates, mirPicks, randomPicks };
  }
}

/** Stops a lane, and says why and what to do. */
export function stopLane(lane: Lane, index: number, step: number, what: string): ExperimentEvent {
  const rate = lane.config.learningRate;
  lane.stopped = `${what}, so this lane has stopped. The learning rate (α = ${rate}) is probably too large; set a smaller one, such as 0.1, and reset.`;
  return { kind: 'laneStopped', lane: index, step, reason: lane.stopped };
}

function reportSamples(batch: Batch) {
  return Array.from(batch.samples, (sample, position) => ({
    sample,
    label: batch.labels[position],
    task: batch.tasks[position],
  }));
}
