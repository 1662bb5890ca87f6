import type { Parameters } from '../models/parameters.ts';
import type { Layout } from './layout.ts';

/** Names of a layer's parameters in a network of three (models/mlp.ts). */
const names = ['0', '2', '4'] as const;

/** A network's weights and biases as the fused step keeps them. The tensors must not have left the host. */
export function packParameters(layout: Layout, parameters: Parameters): Float32Array<ArrayBuffer> {
  const packed = new Float32Array(4 * layout.parametersSize);
  // Tensors made from values give those back without waiting for a device.
  const values = (name: string) => parameters[name].dataSync<'float32'>();
  eachLayer(layout, ({ name, inputs, outputs, place }) => {
    const [weight, bias] = [values(`${name}.weight`), values(`${name}.bias`)];
    for (let out = 0; out < outputs; out++) {
      for (let i = 0; i < inputs; i++) packed[place(i, out)] = weight[out * inputs + i];
      packed[place('bias', out)] = bias[out];
    }
  });
  return packed;
}

/** The reverse of {@link packParameters}. */
export function unpackParameters(layout: Layout, packed: Float32Array): Readonly<Record<string, Float32Array>> {
  const parameters: Record<string, Float32Array> = {};
  eachLayer(layout, ({ name, inputs, outputs, place }) => {
    parameters[`${name}.weight`] = Float32Array.from({ length: outputs * inputs }, (_, at) => packed[place(at % inputs, Math.floor(at / inputs))]);
    parameters[`${name}.bias`] = Float32Array.from({ length: outputs }, (_, out) => packed[place('bias', out)]);
  });
  return parameters;
}

interface LayerPlaces {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
  /** Where the weight of an input, or the bias, to an output lies among the packed numbers. */
  readonly place: (input: number | 'bias', output: number) => number;
}

function eachLayer({ shape, widths, weights }: Layout, visit: (layer: LayerPlaces) => void): void {
  names.forEach((name, index) => {
    const { offset, width } = weights[index];
    visit({
      name,
      inputs: shape.layers[index],
      outputs: shape.layers[index + 1],
      place: (input, output) => 4 * (offset + (input === 'bias' ? 4 * widths[index] : input) * width) + output,
    });
  });
}
