import type * as tf from '@tensorflow/tfjs';
import { activations } from './activations.ts';
import type { Layer } from './columnLayers.ts';
import type { Sharing } from './dispatch.ts';
import { product } from './product.ts';

/**
 * Layers of several networks that look alike, one below another: weights [networks · out, in], biases
 * [networks · out], activations [networks · units, n]. A dispatch each, forward and backward.
 */
export interface PlaneLayers {
  /** W x + b of each network's own x, through what follows. */
  forward(layer: Layer, x: tf.Tensor, after: 'relu' | ''): tf.Tensor;
  /** Back to hidden units behind ReLU, and through it, by the gradient of what the layer gave. */
  backThroughHidden(layer: Layer, dOutput: tf.Tensor, units: tf.Tensor): tf.Tensor;
}

export function planeLayers(networks: number, sharing?: Sharing): PlaneLayers {
  return {
    forward(layer, x, after) {
      const [out, width] = sizesOf(layer, networks);
      const count = x.shape[1] ?? 0;
      const [units] = product(
        {
          name: 'planesForward',
          planes: networks,
          rows: out,
          columns: count,
          depth: width,
          outputs: { units: [networks * out, count] },
          inputs: { weight: layer.weight, bias: layer.bias, x },
          functions: activations,
          left: `return weight[(plane * ${out}u + row) * ${width}u + k];`,
          right: `return x[(plane * ${width}u + k) * ${count}u + column];`,
          finish: `let own = plane * ${out}u + row;
  units[own * ${count}u + column] = ${after}(sum + bias[own]);`,
        },
        sharing,
      );
      return units;
    },

    backThroughHidden(layer, dOutput, units) {
      const [out, width] = sizesOf(layer, networks);
      const count = units.shape[1] ?? 0;
      const [d] = product(
        {
          name: 'planesBackThroughHidden',
          planes: networks,
          rows: width,
          columns: count,
          depth: out,
          outputs: { d: units.shape },
          inputs: { weight: layer.weight, dOutput, units },
          left: `return weight[(plane * ${out}u + k) * ${width}u + row];`,
          right: `return dOutput[(plane * ${out}u + k) * ${count}u + column];`,
          // A unit that is not a number lets the gradient through, so that the latent becomes none either and is noticed.
          finish: `let at = (plane * ${width}u + row) * ${count}u + column;
  d[at] = select(sum, 0.0, units[at] <= 0.0);`,
        },
        sharing,
      );
      return d;
    },
  };
}

/** Numbers that come out of a layer of one network, and that go in. */
export function sizesOf({ weight }: Layer, networks: number): [number, number] {
  return [weight.shape[0] / networks, weight.shape[1] ?? 0];
}
