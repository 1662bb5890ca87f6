import type { Parameters } from '../../models/parameters.ts';
import {
  accumulate,
  append,
  type CompiledKernels,
  compiledKernels,
  denseRows,
  type DenseRows,
  dotListed,
  type KernelMemory,
  list,
  rowOf,
  type RowRange,
  sparseRows,
  type SparseRows,
} from './kernels.ts';

/** What a network must have room for. */
interface CompiledShape {
  /** Widths from the input to the logits. */
  readonly sizes: readonly number[];
  /** Images in an incoming batch. */
  readonly incoming: number;
  /** C; 0 where nothing is replayed. */
  readonly candidates: number;
  /** B */
  readonly budget: number;
}

/** One layer, with its activations and gradients for the current examples. */
interface CompiledLayer {
  readonly name: string;
  /** Wᵀ: a row for each input. */
  readonly weight: DenseRows;
  readonly bias: DenseRows;
  /** H, what the layer takes in, a row for each example. */
  readonly inputs: SparseRows;
  /** Z = H Wᵀ + b. */
  readonly outputs: DenseRows;
  /** −α ∂ loss / ∂ Z: first for the incoming images, then for the chosen candidates. */
  readonly steps: DenseRows;
  /** H of the incoming images, a row for each input. */
  readonly incomingInputs: DenseRows;
  /** H' Hᵀ + 1: how similar each example seen after the virtual step is to each incoming image. */
  readonly alike: DenseRows;
  readonly alikeListed: SparseRows;
  /** H' and Z', after the virtual step. */
  readonly virtualInputs: SparseRows;
  readonly virtualOutputs: DenseRows;
  /** H of all examples that are learnt from, listed by input. */
  readonly learntByInput: SparseRows;
}

/** Examples in one pass of a classification, at least. */
const classifiedTogether = 64;

function lay(memory: KernelMemory, { sizes, incoming, candidates, budget }: CompiledShape) {
  const examples = Math.max(incoming + candidates, classifiedTogether);
  const learnt = incoming + Math.min(budget, candidates);
  // Those that pass through the network after the virtual step: the candidates, or for a trace the incoming images.
  const virtual = candidates === 0 ? 0 : Math.max(candidates, incoming);
  const layers = sizes.slice(1).map((out, index): CompiledLayer => {
    const width = sizes[index];
    return {
      name: String(2 * index),
      weight: denseRows(memory, width, out),
      bias: denseRows(memory, 1, out),
      inputs: sparseRows(memory, examples, width),
      outputs: denseRows(memory, examples, out),
      steps: denseRows(memory, learnt, out),
      incomingInputs: denseRows(memory, width, incoming),
      alike: denseRows(memory, virtual, incoming),
      alikeListed: sparseRows(memory, virtual, incoming),
      virtualInputs: sparseRows(memory, index === 0 ? 0 : virtual, width),
      virtualOutputs: denseRows(memory, virtual, out),
      learntByInput: sparseRows(memory, width, learnt),
    };
  });
  return { images: denseRows(memory, examples, sizes[0]), ones: denseRows(memory, 1, incoming), examples, layers };
}

/**
 * A perceptron with ReLU in the memory of kernels of our own. They take the inputs of every layer as lists, because
 * four of five pixels of a digit are 0, and so are half of the hidden units. Its parameters change in place.
 */
export class CompiledNetwork {
  readonly #shape: CompiledShape;
  readonly #run: CompiledKernels<ReturnType<typeof lay>>;

  /**
   * @param initial θ at the start, as models/mlp.ts names it; on a backend whose tensors are in ordinary memory
   */
  constructor(shape: CompiledShape, initial: Parameters) {
    this.#shape = shape;
    this.#run = compiledKernels((memory) => lay(memory, shape));
    this.#run.buffers.ones.data.fill(1, 0, shape.incoming);
    this.take((name) => initial[name].dataSync<'float32'>());
  }

  /**
   * Takes other parameters.
   *
   * @param valuesOf numbers of each, as models/mlp.ts names and lays them out
   */
  take(valuesOf: (name: string) => Float32Array): void {
    this.#layers.forEach(({ name, weight, bias }, index) => {
      const [width, values] = [this.#shape.sizes[index], valuesOf(`${name}.weight`)];
      for (let unit = 0; unit < bias.width; unit++) {
        for (let input = 0; input < width; input++)
          weight.data[input * weight.stride + unit] = values[unit * width + input];
      }
      rowOf(bias, 0).set(valuesOf(`${name}.bias`));
    });
  }

  /** A copy of the parameters, as models/mlp.ts names and lays them out. */
  parameters(): Record<string, Float32Array> {
    const all: Record<string, Float32Array> = {};
    this.#layers.forEach(({ name, weight, bias }, index) => {
      const width = this.#shape.sizes[index];
      const values = new Float32Array(bias.width * width);
      for (let unit = 0; unit < bias.width; unit++) {
        for (let input = 0; input < width; input++)
          values[unit * width + input] = weight.data[input * weight.stride + unit];
      }
      all[`${name}.weight`] = values;
      all[`${name}.bias`] = rowOf(bias, 0).slice();
    });
    return all;
  }

  get #layers(): readonly CompiledLayer[] {
    return this.#run.buffers.layers;
  }

  /** How many examples there is room for. */
  get examples(): number {
    return this.#run.buffers.examples;
  }

  /** Where the pixels of an example go before {@link forward}. */
  image(example: number): Float32Array {
    return rowOf(this.#run.buffers.images, example);
  }

  /** Z = H Wᵀ + b and H = ReLU(Z), layer by layer, of some examples, by default the first. */
  forward(count: number, from = 0): void {
    const { kernels, buffers } = this.#run;
    const rows = { from, count };
    buffers.layers.forEach(({ inputs, weight, bias, outputs }, index) => {
      list(kernels, index === 0 ? buffers.images : buffers.layers[index - 1].outputs, rows, index > 0, inputs);
      accumulate(kernels, { sparse: inputs, rows, matrix: weight, base: { row: bias }, out: outputs, outFrom: from });
    });
  }

  /** Of an example after {@link forward}. */
  logits(example: number): Float32Array {
    return rowOf(this.#last.outputs, example);
  }

  /**
   * The step for one example, −α ∂ loss / ∂ Z of every layer: D ← (D W) ⊙ [H > 0].
   *
   * @param place of the example: the incoming images come first, then the chosen candidates
   * @param ofLogits −α ∂ loss / ∂ logits
   */
  backward(place: number, example: number, ofLogits: ArrayLike<number>): void {
    rowOf(this.#last.steps, place).set(ofLogits);
    for (let index = this.#layers.length - 1; index > 0; index--) {
      const { steps, inputs, weight } = this.#layers[index];
      dotListed(this.#run.kernels, { rows: steps, at: place }, inputs, example, weight, {
        rows: this.#layers[index - 1].steps,
        at: place,
      });
    }
  }

  /**
   * Passes some examples, which {@link forward} has seen, through the network as a step on the incoming images would
   * leave it. The new weights are never formed: the step has the rank of the batch, so
   * Z' = H' Wᵀ + b − α (H' Hᵀ + 1) D.
   */
  virtualForward(from: number, count: number): void {
    const { kernels, buffers } = this.#run;
    const { incoming } = this.#shape;
    buffers.layers.forEach((layer, index) => {
      const { inputs, virtualInputs, incomingInputs, alike, alikeListed, virtualOutputs, steps } = layer;
      incomingInputs.data.fill(0);
      eachEntry(inputs, { from: 0, count: incoming }, (example, input, value) => {
        incomingInputs.data[input * incomingInputs.stride + example] = value;
      });
      const rows = { from: 0, count };
      const [seen, seenRows] = index === 0 ? [inputs, { from, count }] : [virtualInputs, rows];
      if (index > 0) {
        list(kernels, buffers.layers[index - 1].virtualOutputs, rows, true, virtualInputs);
        accumulate(kernels, {
          sparse: virtualInputs,
          rows,
          matrix: layer.weight,
          base: { row: layer.bias },
          out: virtualOutputs,
          outFrom: 0,
        });
      }
      accumulate(kernels, {
        sparse: seen,
        rows: seenRows,
        matrix: incomingInputs,
        base: { row: buffers.ones },
        out: alike,
        outFrom: 0,
      });
      list(kernels, alike, rows, false, alikeListed);
      // The first layer's Z is known already.
      const base = index === 0 ? { rows: layer.outputs, from } : { rows: virtualOutputs, from: 0 };
      accumulate(kernels, { sparse: alikeListed, rows, matrix: steps, base, out: virtualOutputs, outFrom: 0 });
    });
  }

  /** Of an example of {@link virtualForward}, counted from its first. */
  virtualLogits(place: number): Float32Array {
    return rowOf(this.#last.virtualOutputs, place);
  }

  /**
   * Takes the steps: W ← W − α Dᵀ H, b ← b − α Σ D.
   *
   * @param learnt the example at each place that {@link backward} was called for
   */
  update(learnt: readonly number[]): void {
    for (const { weight, bias, inputs, steps, learntByInput } of this.#layers) {
      learntByInput.counts.fill(0);
      learnt.forEach((example, place) => {
        eachEntry(inputs, { from: example, count: 1 }, (_, input, value) => append(learntByInput, input, place, value));
        for (let unit = 0; unit < bias.width; unit++) bias.data[unit] += steps.data[place * steps.stride + unit];
      });
      const rows = { from: 0, count: learntByInput.counts.length };
      accumulate(this.#run.kernels, {
        sparse: learntByInput,
        rows,
        matrix: steps,
        base: { rows: weight, from: 0 },
        out: weight,
        outFrom: 0,
      });
    }
  }

  get #last(): CompiledLayer {
    return this.#layers[this.#layers.length - 1];
  }
}

function eachEntry(
  { places, values, counts, capacity }: SparseRows,
  { from, count }: RowRange,
  visit: (row: number, place: number, value: number) => void,
): void {
  for (let row = from; row < from + count; row++) {
    for (let at = row * capacity; at < row * capacity + counts[row]; at++) visit(row, places[at], values[at]);
  }
}
