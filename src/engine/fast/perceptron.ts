import type * as tf from '@tensorflow/tfjs';
import { initialRetrieval } from '../../core/methods.ts';
import { randomStream } from '../../core/random.ts';
import { type Lasting, lastingParts, type Saved } from '../../core/checkpoint.ts';
import { drawCandidates, Reservoir, type Candidates, type Insertion } from '../retrieval/reservoir.ts';
import type { LearnerInput, Method, Observation, Replay, Evaluation, TrainingImages } from '../methods/learner.ts';
import { tidy, type Parameters } from '../models/parameters.ts';
import { checkedTree, type SavedTensor, type Shaped } from '../runner/inputs.ts';
import { given, type Output, type HostTensor, type ImageRows } from '../runner/step.ts';
import type { Retrieval, ScoreName } from '../../core/config.ts';
import type { Batch } from '../../core/stream.ts';

/** What a form has learnt. */
export interface FormState {
  /** θ, as models/mlp.ts names and lays it out. */
  readonly parameters: Readonly<Record<string, Float32Array>>;
  /** l* of each slot. */
  readonly best: Float32Array;
}

/** The settings from which a form is made. */
export interface FormSettings {
  /** θ at the start, as models/mlp.ts names it; freed once the form is made. */
  readonly initial: Parameters;
  /** C; 0 where nothing is replayed. */
  readonly candidates: number;
  /** B */
  readonly budget: number;
  /** Slots of the memory. */
  readonly capacity: number;
  readonly score: ScoreName;
  /** α */
  readonly learningRate: number;
  /** Iterations on one batch. */
  readonly iterations: number;
}

/** The settings of a form, with its data and its widths. */
export interface FormInput extends FormSettings {
  readonly training: TrainingImages;
  /** Widths from the input to the logits. */
  readonly layers: readonly number[];
}

/**
 * A perceptron in a form of our own: its parameters, l* of each slot (memory/bestLosses.ts), and the operations of
 * Algorithm 1. A form may carry them out at once, or collect them until {@link finishBatch}. The outputs of an
 * iteration are asked for before the next one begins.
 */
export interface PerceptronForm {
  /** Begins an iteration: passes the incoming batch and the first `count` candidates through the network, to their losses. */
  forward(incoming: Batch, candidates: Candidates | null, count: number): void;
  /** g_in, which serves the virtual step and the real one. */
  backwardIncoming(): void;
  /** Passes the candidates through the network at θ_v = θ − α g_in, to their losses. */
  virtualForward(): void;
  /** l(θ_v) − l(θ) of each candidate, or l(θ_v) − min(l(θ), l*). */
  score(): void;
  /** Finds the B highest scores. */
  rank(): void;
  /** Lowers l* of the candidates to l(θ) where that is lower. */
  lowerBestLosses(): void;
  /** g_mem of the first B candidates, or with `mir` of those with the highest scores. */
  backwardReplayed(retrieval: Retrieval): void;
  /** θ ← θ − α (g_in + g_mem) */
  update(): void;
  /**
   * Only of a traced iteration, before {@link score}: notes l* of the candidates. Changes nothing else.
   */
  noteBestLosses(): void;
  /** Only of a traced iteration, before {@link update}: passes the incoming batch through the network at θ_v. */
  virtualIncoming(): void;
  /** Only of a traced iteration, after {@link update}: passes the images that it learnt through the network again. */
  lookAgain(): void;
  /**
   * Starts l* of newly stored samples at their loss in the last iteration. By the end of this call, everything that was
   * asked for on this batch is under way.
   */
  finishBatch(insertions: readonly Insertion[]): void;

  /** Loss of each incoming image, in nats. */
  losses(): Output;
  /** Score of each candidate. */
  scores(): Output;
  /** l(θ), l(θ_v) and l* of each candidate, in nats; the last after {@link noteBestLosses}. */
  candidateLosses(): { readonly losses: Output; readonly virtualLosses: Output; readonly bestLosses: Output };
  /** Loss of each incoming image at θ_v, in nats, after {@link virtualIncoming}. */
  virtualIncomingLosses(): Output;
  /** Loss of each incoming image after the step, in nats; after {@link lookAgain}. */
  incomingAfter(): Output;
  /** Loss of each replayed image before and after the step, in nats; after {@link lookAgain}. */
  replayedAround(): { readonly before: Output; readonly after: Output };
  /** Positions of the B highest scores among the candidates, highest first. */
  highest(): Output;

  evaluate(rows: ImageRows): Evaluation;
  /** Probability of each class, [n, classes], of images, [n, numbers in an image]. */
  answer(images: HostTensor<tf.Rank.R2>): Output;
  /** A copy of what it has learnt, as it is now; the copy may arrive later. */
  save(): Promise<FormState>;
  /** Takes what {@link save} gave. */
  restore(state: FormState): void;
  /** Frees everything. */
  dispose(): void;
}

/**
 * Fine-tuning, ER and ER-MIR of a perceptron in a fast form: the same as methods/fineTune.ts and methods/er.ts, with
 * less work (ARCHITECTURE.md, "Fast forms"). One forward pass takes incoming images and candidates together, the
 * incoming gradient serves the virtual and the real step, and only the chosen candidates go backward. It draws the same
 * numbers as they do.
 */
export function perceptron(
  { config, classifier, classCount }: LearnerInput,
  createForm: (settings: FormSettings) => PerceptronForm,
): Method {
  const { budget } = config;
  const replays = initialRetrieval(config.method) !== null;
  const memory = new Reservoir(replays ? config.memoryPerClass * classCount : 0, randomStream(config.seed, 'memory'));
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const form = tidy(() =>
    createForm({
      initial: classifier.init(randomStream(config.seed, 'init')).parameters,
      candidates: replays ? config.candidates : 0,
      budget,
      capacity: memory.capacity,
      score: config.retrievalScore,
      learningRate: config.learningRate,
      iterations: config.iterations,
    }),
  );

  const state = lastingForm(form, classifier.layers ?? [], replays ? memory.capacity : null);
  return {
    lasting: lastingParts(replays ? { state, memory, retrieval: retrievalRandom } : { state }),
    stored: () => memory.contents(),
    learn(batch, { retrieval, traced, last }) {
      const candidates = replays ? drawCandidates(memory, batch.tasks[0], config.candidates, retrievalRandom) : null;
      const drawn = candidates?.slots.length ?? 0;
      const replayed = Math.min(budget, drawn);
      // Random retrieval takes the first B and needs no others, unless a trace asks for the scores.
      const scored = retrieval === 'mir' || traced;

      // 1. The gradient of the incoming batch.
      form.forward(batch, candidates, scored ? drawn : replayed);
      const losses = form.losses();
      form.backwardIncoming();

      const replay: Replay[] = [];
      let virtual: Output | null = null;
      if (candidates !== null) {
        // 2, 3. Retrieve from the memory: the first B candidates, or those that the coming update hurts most.
        if (scored) {
          if (traced) form.noteBestLosses();
          form.virtualForward();
          form.score();
          form.rank();
          if (retrieval === 'mir') form.lowerBestLosses();
        }
        if (traced) {
          form.virtualIncoming();
          virtual = form.virtualIncomingLosses();
        }
        form.backwardReplayed(retrieval);
        replay.push({
          candidates,
          used: retrieval,
          picks: retrieval === 'mir' ? form.highest() : given(Int32Array.from({ length: replayed }, (_, pick) => pick)),
          traced: traced ? { ...form.candidateLosses(), scores: form.scores(), mirPicks: form.highest() } : null,
        });
      }

      // 4. One step on incoming and retrieved together: θ ← θ − α (g_in + g_mem).
      form.update();
      let tracedLosses: Observation['tracedLosses'] = null;
      if (traced) {
        form.lookAgain();
        tracedLosses = {
          incoming: { before: losses, virtual, after: form.incomingAfter() },
          replayed: candidates && form.replayedAround(),
        };
      }
      // 5. Offer the batch to the memory, after all iterations on it.
      if (last) form.finishBatch(replays ? memory.add(batch) : []);
      return { losses, replays: replay, tracedLosses, decoded: null, replacedLatents: [] };
    },
    evaluate: (rows) => form.evaluate(rows),
    answer: (images) => form.answer(images),
    dispose: () => form.dispose(),
  };
}

interface SavedForm {
  readonly parameters: Readonly<Record<string, SavedTensor>>;
  readonly best?: SavedTensor;
}

/**
 * What a form has learnt, as the readable step saves it: a run may go on where there is no such form.
 *
 * @param capacity of the memory; null for methods without one
 */
function lastingForm(form: PerceptronForm, layers: readonly number[], capacity: number | null): Lasting {
  const shapes = Object.fromEntries(
    layers.slice(1).flatMap((out, index): [string, Shaped][] => [
      [`${2 * index}.weight`, { shape: [out, layers[index]], dtype: 'float32' }],
      [`${2 * index}.bias`, { shape: [out], dtype: 'float32' }],
    ]),
  );
  // The readable step's l* has an entry for no slot at its end.
  const bestShape = capacity === null ? null : { shape: [capacity + 1], dtype: 'float32' };
  const like = { parameters: shapes, statistics: {}, ...(bestShape && { best: bestShape }) };
  return {
    async save() {
      const { parameters, best } = await form.save();
      const tensors = Object.entries(shapes).map(([name, { shape }]): [string, Saved] => [
        name,
        { shape, values: parameters[name] },
      ]);
      const padded = () => {
        const values = new Float32Array(best.length + 1);
        values.set(best);
        return { shape: [values.length], values };
      };
      return { parameters: Object.fromEntries(tensors), statistics: {}, ...(bestShape && { best: padded() }) };
    },
    restore(saved, name) {
      const { parameters, best } = checkedTree(saved, like, name) as SavedForm;
      form.restore({
        parameters: Object.fromEntries(
          Object.entries(parameters).map(([key, { values }]) => [key, values as Float32Array]),
        ),
        best: (best?.values.slice(0, -1) ?? new Float32Array()) as Float32Array,
      });
    },
  };
}
