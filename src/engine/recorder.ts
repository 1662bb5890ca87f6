import type {
  CandidateReport,
  ClimbReport,
  DecodedRetrievalReport,
  DecodedSample,
  ExperimentEvent,
  Pictures,
  RetrievalReport,
  StepLosses,
} from '../core/events.ts';
import { isIdle } from '../core/methods.ts';
import { mean } from '../core/metrics.ts';
import type { StepFigures } from '../core/stepFigures.ts';
import type { Batch } from '../core/stream.ts';
import type { ImageSource } from './data/imageSource.ts';
import { type Lane, stopLane, type StoredCounts } from './lane.ts';
import type { TracedClimb } from './latent/ascent.ts';
import type {
  DecodedImages,
  DecodedTrace,
  Observation,
  Replay,
  ScoredCandidates,
  TracedFigures,
  TracedLosses,
} from './methods/learner.ts';
import { directStepWords, type Output, type OutputsOf } from './runner/step.ts';

/** Turns values that have arrived into events; called in the order in which the values were asked for. */
export type Arrival = () => readonly ExperimentEvent[];

/** Some read-backs as one: none of their events comes before all have arrived. */
export async function together(readings: readonly Promise<Arrival>[]): Promise<Arrival> {
  const arrivals = await Promise.all(readings);
  return () => arrivals.flatMap((arrival) => arrival());
}

interface Pending {
  arrival: Arrival | null;
  readonly settled: Promise<void>;
}

/**
 * Values on their way back from the backend, in the order in which they were asked for. Training goes on meanwhile. It
 * waits only when more than `limit` read-backs are under way, so that a slow device never gets work faster than it does
 * it.
 */
export class ReadBacks {
  private readonly queue: Pending[] = [];
  private readonly limit: number;

  constructor(limit: number) {
    this.limit = limit;
  }

  /** Queues values that are being read back. */
  push(reading: Promise<Arrival>): void {
    const pending: { arrival: Arrival | null; settled: Promise<void> } = {
      arrival: null,
      settled: reading.then(
        (arrival) => {
          pending.arrival = arrival;
        },
        (error: unknown) => {
          pending.arrival = () => {
            throw error;
          };
        },
      ),
    };
    this.queue.push(pending);
  }

  /**
   * The events of the values that have arrived. Waits only for read-backs above the limit. Throws what a read-back
   * threw.
   */
  async arrived(): Promise<ExperimentEvent[]> {
    const over = this.queue.length - this.limit;
    if (over > 0) await this.queue[over - 1].settled;
    return this.take();
  }

  /** The events of everything under way, once it is there. */
  async all(): Promise<ExperimentEvent[]> {
    await Promise.all(this.queue.map(({ settled }) => settled));
    return this.take();
  }

  private take(): ExperimentEvent[] {
    const events: ExperimentEvent[] = [];
    while (this.queue.length > 0) {
      const { arrival } = this.queue[0];
      if (arrival === null) break;
      this.queue.shift();
      events.push(...arrival());
    }
    return events;
  }
}

/** Bytes that a step gave as numbers. */
async function readPictures(pictures: Output): Promise<Pictures> {
  return Uint8Array.from(await pictures.read());
}

async function readValues(values: Output): Promise<number[]> {
  return Array.from(await values.read());
}

/** Reads back the images that a decoder made in a traced step. */
async function readDecoded(trace: OutputsOf<DecodedTrace>): Promise<DecodedRetrievalReport> {
  const [random, mir, path, climb, dreams, reconstructions] = await Promise.all([
    trace.retrieved && readImages(trace.retrieved.random),
    trace.retrieved && readImages(trace.retrieved.mir),
    trace.path && readPictures(trace.path.pictures),
    trace.path && readClimb(trace.path),
    trace.dreams && readPictures(trace.dreams),
    readPictures(trace.reconstructions),
  ]);
  const none: Pictures = new Uint8Array(0);
  return {
    kind: trace.kind,
    used: trace.used,
    mirPicks: mir?.samples ?? [],
    randomPicks: random?.samples ?? [],
    path: climb,
    pictures: {
      mirPicks: mir?.pictures ?? none,
      randomPicks: random?.pictures ?? none,
      path: path ?? none,
      dreams: dreams ?? none,
      reconstructions,
    },
  };
}

async function readClimb(path: OutputsOf<TracedClimb>): Promise<ClimbReport> {
  const [interference, terms] = await Promise.all([
    readValues(path.interference),
    Promise.all(
      path.terms.map(async ({ name, weight, values }) => ({ name, weight, values: await readValues(values) })),
    ),
  ]);
  const objective = interference.map((_, point) =>
    terms.reduce((sum, { weight, values }) => sum + weight * values[point], 0),
  );
  return { interference, objective, terms };
}

/** Reads back the losses around a traced step. */
async function readLosses({ incoming, replayed }: OutputsOf<TracedLosses>): Promise<StepLosses> {
  const [before, virtual, after, replayedBefore, replayedAfter] = await Promise.all([
    readValues(incoming.before),
    incoming.virtual && readValues(incoming.virtual),
    readValues(incoming.after),
    replayed && readValues(replayed.before),
    replayed && readValues(replayed.after),
  ]);
  return {
    incoming: { before, virtual, after },
    replayed: replayedBefore && replayedAfter && { before: replayedBefore, after: replayedAfter },
  };
}

/** Reads back what a traced step computed beside losses. */
async function readFigures(figures: OutputsOf<TracedFigures>): Promise<StepFigures> {
  switch (figures.kind) {
    case 'constraint': {
      const { kind, past } = figures;
      const [products, weights, productsAfter, [length, lengthAfter, ...lengths]] = await Promise.all([
        figures.products === null ? [] : readValues(figures.products),
        figures.weights === null ? [] : readValues(figures.weights),
        figures.productsAfter === null ? [] : readValues(figures.productsAfter),
        readValues(figures.lengths),
      ]);
      const gradients = past.map((of, k) => ({
        ...of,
        length: lengths[k],
        product: products[k],
        weight: weights[k],
        productAfter: productsAfter[k],
      }));
      return { kind, past: gradients, length, lengthAfter };
    }
    case 'distillation': {
      const { kind, old, exemplars } = figures;
      const [targets, answers, ofLabels, ofAnswers, before, after] = await Promise.all([
        readValues(figures.targets),
        readValues(figures.answers),
        readValues(figures.ofLabels),
        readValues(figures.ofAnswers),
        exemplars === null ? [] : readValues(exemplars.before),
        exemplars === null ? [] : readValues(exemplars.after),
      ]);
      const classes = targets.length / ofLabels.length;
      const rows = (values: readonly number[]) =>
        ofLabels.map((_, row) => values.slice(row * classes, (row + 1) * classes));
      const told = { kind, old, targets: rows(targets), answers: rows(answers) };
      const along = exemplars && { count: before.length, before: mean(before), after: mean(after) };
      return { ...told, lossOfLabels: mean(ofLabels), lossOfAnswers: mean(ofAnswers), exemplars: along };
    }
    case 'penalty': {
      const [penalty, length, pullLength, distance, largest] = await readValues(figures.values);
      return { kind: figures.kind, penalty, length, pullLength, distance, largest };
    }
    default:
      return figures satisfies never;
  }
}

/** How MIR scored the candidates, read back. */
type Scored = { readonly [Name in keyof ScoredCandidates]: readonly number[] };

async function readScored(scored: OutputsOf<ScoredCandidates>): Promise<Scored> {
  const [losses, virtualLosses, bestLosses, scores, mirPicks] = await Promise.all([
    readValues(scored.losses),
    readValues(scored.virtualLosses),
    readValues(scored.bestLosses),
    readValues(scored.scores),
    readValues(scored.mirPicks),
  ]);
  return { losses, virtualLosses, bestLosses, scores, mirPicks };
}

async function readImages(
  decoded: OutputsOf<DecodedImages>,
): Promise<{ samples: DecodedSample[]; pictures: Pictures }> {
  const [labels, confidences, tasks, before, after, pictures] = await Promise.all([
    readValues(decoded.labels),
    decoded.confidences && readValues(decoded.confidences),
    decoded.tasks && readValues(decoded.tasks),
    readValues(decoded.lossesBefore),
    readValues(decoded.lossesAfter),
    readPictures(decoded.pictures),
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

/** Outputs of one step, to be read back together with those of the steps around it. */
interface Recorded {
  readonly step: number;
  /** Incoming losses of each batch of the step. */
  readonly losses: readonly Output[];
  readonly replays: readonly Replay[];
  /** How many latents were replaced, as numbers to add up. */
  readonly replacedLatents: readonly Output[];
}

/** Collects the outputs of a lane, and reads them back in groups of steps. */
export class LaneRecorder {
  private readonly lane: Lane;
  private readonly index: number;
  private group: Recorded[] = [];

  constructor(lane: Lane, index: number) {
    this.lane = lane;
    this.index = index;
  }

  /** Takes over the outputs of one step's observations. */
  record(step: number, observations: readonly Observation[]): void {
    this.group.push({
      step,
      losses: observations.map(({ losses }) => losses),
      replays: observations.flatMap(({ replays }) => replays),
      replacedLatents: observations.flatMap(({ replacedLatents }) => replacedLatents),
    });
  }

  /** Starts to read back the group collected so far; null if there is none. */
  flush(): Promise<Arrival> | null {
    if (this.group.length === 0) return null;
    const group = this.group;
    this.group = [];
    const replays = group.flatMap((recorded) => recorded.replays);
    const last = group[group.length - 1].step;
    // Counted now: when the numbers arrive, the lane may be steps further.
    const stored = this.lane.stored();
    return Promise.all([
      Promise.all(group.map(({ losses }) => meanOf(losses))),
      Promise.all(replays.map(({ picks }) => picks.read())),
      Promise.all(group.flatMap(({ replacedLatents }) => replacedLatents).map(readValues)),
    ]).then(([losses, picks, replaced]) => () => {
      this.lane.replacedLatents += replaced.flat().reduce((sum, count) => sum + count, 0);
      replays.forEach((replay, index) => this.lane.countReplay(replay, picks[index]));
      return this.progress(last, losses, stored);
    });
  }

  /** Starts to read back one traced step. Its candidates and scores are the first iteration's. */
  trace(step: number, task: number, batch: Batch, observation: Observation): Promise<Arrival> {
    const replay = observation.replays.at(0) ?? null;
    const traced = replay?.traced ?? null;
    return Promise.all([
      meanOf([observation.losses]),
      traced && readScored(traced),
      observation.tracedLosses && readLosses(observation.tracedLosses),
      observation.decoded && readDecoded(observation.decoded),
      observation.figures ? readFigures(observation.figures) : null,
    ]).then(([loss, scored, losses, decodedReport, figures]) => () => {
      if (this.lane.stopped !== null) return [];
      const incoming = reportSamples(batch);
      const retrieval = decodedReport ?? (replay && scored && this.reportRetrieval(replay, scored));
      const { method, genLearningRate, learningRate: own } = this.lane.config;
      const learningRate = isIdle('learningRate', method) ? genLearningRate : own;
      const told = { step, task, incoming, loss, learningRate, losses, retrieval, figures };
      return [{ kind: 'traced', lane: this.index, ...told }];
    });
  }

  /** Starts to read back the lane's reconstructions of test images; null if it has no decoder. */
  reconstruct(
    step: number,
    shown: readonly { readonly sample: number; readonly task: number; readonly label: number }[],
    testImages: ImageSource,
  ): Promise<Arrival> | null {
    const made = this.lane.learner.reconstruct?.({
      kind: 'images',
      source: testImages,
      samples: Int32Array.from(shown, ({ sample }) => sample),
      tasks: Int32Array.from(shown, ({ task }) => task),
    });
    if (made === undefined) return null;
    return Promise.all([readPictures(made.originals), readPictures(made.reconstructions)]).then(
      ([originals, reconstructions]) => {
        const samples = shown.map(({ task, label }) => ({ label, task }));
        const pictures = { originals, reconstructions };
        return () =>
          this.lane.stopped === null ? [{ kind: 'reconstructed', lane: this.index, step, samples, pictures }] : [];
      },
    );
  }

  private progress(step: number, losses: number[], stored: StoredCounts): ExperimentEvent[] {
    if (this.lane.stopped !== null) return [];
    const wrong = losses.findIndex((loss) => !Number.isFinite(loss));
    const good = wrong === -1 ? losses : losses.slice(0, wrong);
    const directSteps = directStepWords();
    const progress: ExperimentEvent = {
      kind: 'progress',
      lane: this.index,
      step: step - losses.length + good.length,
      losses: good,
      counts: this.lane.counts(stored),
      replacedLatents: this.lane.replacedLatents,
      ...(directSteps.length > 0 ? { directSteps } : {}),
    };
    if (wrong === -1) return [progress];
    const at = step - losses.length + wrong + 1;
    return [progress, stopLane(this.lane, this.index, at, 'loss')];
  }

  private reportRetrieval(replay: Replay, scored: Scored): RetrievalReport {
    const { slots, samples, labels, tasks } = replay.candidates;
    const { losses, virtualLosses, bestLosses, scores, mirPicks } = scored;
    const candidates = Array.from(slots, (slot, position): CandidateReport => {
      const [sample, label, task] = [samples[position], labels[position], tasks[position]];
      const [loss, virtualLoss, bestLoss] = [losses[position], virtualLosses[position], bestLosses[position]];
      return { slot, sample, label, task, loss, virtualLoss, bestLoss, score: scores[position] };
    });
    const { retrievalScore, budget } = this.lane.config;
    const randomPicks = Array.from({ length: Math.min(budget, candidates.length) }, (_, position) => position);
    return { kind: 'memory', score: retrievalScore, used: replay.used, candidates, mirPicks, randomPicks };
  }
}

/** Mean of the losses of some batches, in nats. */
async function meanOf(losses: readonly Output[]): Promise<number> {
  return mean((await Promise.all(losses.map(readValues))).flat());
}

function reportSamples(batch: Batch) {
  return Array.from(batch.samples, (sample, position) => ({
    sample,
    label: batch.labels[position],
    task: batch.tasks[position],
  }));
}
