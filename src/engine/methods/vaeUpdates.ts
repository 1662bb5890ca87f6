import type * as tf from '@tensorflow/tfjs';
import type { Random } from '../../core/random.ts';
import { adamRate } from '../models/parameters.ts';
import { type Vae, vaeLearningRate } from '../models/vae.ts';
import { type Draws, type HostTensor, type MaskInput, type NormalsInput, numbers, scalar } from '../runner/step.ts';

/** The draws with which a VAE is trained, update by update, as a step takes them (models/vae.ts). */
export interface VaeDraws {
  readonly beta: HostTensor<tf.Rank.R0>;
  readonly epsilons: readonly NormalsInput[];
  readonly masks: readonly { readonly encoder: readonly MaskInput[]; readonly decoder: readonly MaskInput[] }[] | null;
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
  /** Gives other draws each time. */
  readonly nextDraws: () => Draws;
}

/** Draws the numbers of a batch's updates. */
export function drawVaeUpdates(vae: Vae, drawing: VaeDrawing): VaeDraws {
  const { iterations, count, dropout, random, dropoutRandom } = drawing;
  const updates = Array.from({ length: iterations }, (_, iteration) => ({ iteration, draws: drawing.nextDraws() }));
  const masks = ({ draws }: (typeof updates)[number]) => {
    const ofLayers = (first: number) =>
      Array.from({ length: vae.depth }, (_, layer) =>
        draws.mask({ number: first + layer, rows: vae.hidden, columns: count, random: dropoutRandom }, dropout),
      );
    return { encoder: ofLayers(1), decoder: ofLayers(1 + vae.depth) };
  };
  return {
    beta: scalar(drawing.beta),
    epsilons: updates.map(({ draws }) => draws.normals({ number: 0, rows: vae.latents, columns: count, random })),
    masks: dropout === 0 ? null : updates.map(masks),
    rates: updates.map(({ iteration }) => numbers(adamRate(drawing.done + iteration + 1, vaeLearningRate))),
  };
}
