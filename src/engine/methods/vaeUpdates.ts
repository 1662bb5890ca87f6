import type * as tf from '@tensorflow/tfjs';
import { type Random, standardNormal } from '../../core/random.ts';
import { adamRate } from '../models/adam.ts';
import { dropoutMask } from '../models/linear.ts';
import { type Vae, vaeLearningRate } from '../models/vae.ts';
import { type HostTensor, numbers, scalar } from '../runner/step.ts';

/** The draws with which a VAE is trained, update by update, as a step takes them (models/vae.ts). */
export interface VaeDraws {
  readonly beta: HostTensor<tf.Rank.R0>;
  readonly epsilons: readonly HostTensor<tf.Rank.R2>[];
  readonly masks:
    | readonly {
        readonly encoder: readonly HostTensor<tf.Rank.R2>[];
        readonly decoder: readonly HostTensor<tf.Rank.R2>[];
      }[]
    | null;
  readonly rates: readonly HostTensor<tf.Rank.R1>[];
}

/** The sizes and generators that updates are drawn from. */
interface VaeDrawing {
  readonly iterations: number;
  readonly beta: number;
  /** Images in each update. */
  readonly count: number;
  /** Of ε. */
  readonly random: Random;
  readonly dropout: number;
  /** Of the dropout masks. */
  readonly dropoutRandom: Random;
  /** How many updates came before. */
  readonly done: number;
}

/** Draws the numbers of a batch's updates. */
export function drawVaeUpdates(vae: Vae, drawing: VaeDrawing): VaeDraws {
  const { iterations, count, dropout } = drawing;
  const each = <T>(draw: (iteration: number) => T) =>
    Array.from({ length: iterations }, (_, iteration) => draw(iteration));
  const mask = () =>
    numbers<tf.Rank.R2>(dropoutMask(vae.hidden * count, dropout, drawing.dropoutRandom), [vae.hidden, count]);
  const hiddenMasks = () => Array.from({ length: vae.depth }, mask);
  return {
    beta: scalar(drawing.beta),
    epsilons: each(() =>
      numbers<tf.Rank.R2>(standardNormal(vae.latents * count, drawing.random), [vae.latents, count]),
    ),
    masks: dropout === 0 ? null : each(() => ({ encoder: hiddenMasks(), decoder: hiddenMasks() })),
    rates: each((iteration) => numbers(adamRate(drawing.done + iteration + 1, vaeLearningRate))),
  };
}
