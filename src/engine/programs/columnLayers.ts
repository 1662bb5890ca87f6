import type * as tf from '@tensorflow/tfjs';
import type { Sharing } from './dispatch.ts';
import { droppedCode, type Mask } from './draws.ts';
import { product } from './product.ts';

/** WGSL of what follows a layer. Each lets NaN through, and none overflows. */
export const activations = `
fn relu(x : f32) -> f32 { return select(x, 0.0, x < 0.0); }
fn sigmoid(x : f32) -> f32 {
  let e = exp(-abs(x));
  return select(1.0, e, x < 0.0) / (1.0 + e);
}
// ln(1 + e), where e may be too small for the sum to hold it.
fn logOnePlus(e : f32) -> f32 {
  return select(log(1.0 + e), e * (1.0 - e * (0.5 - e * (1.0 / 3.0 - e * (0.25 - 0.2 * e)))), e < 0.05);
}
fn softplus(x : f32) -> f32 { return relu(x) + logOnePlus(exp(-abs(x))); }
`;

/** A fully connected layer: weights, [out, in], and biases, [out]. */
export interface Layer {
  readonly weight: tf.Tensor;
  readonly bias: tf.Tensor;
}

/** Fully connected layers over activations in columns, one per image: a dispatch each, forward and backward. */
interface ColumnLayers {
  /** ReLU(W x + b), by what dropout multiplies it, [out, n]. */
  hidden(layer: Layer, columns: tf.Tensor, mask: Mask | undefined): tf.Tensor;
  /** W x + b of layers over the same x, one below another, [their outs, n]. */
  affine(layers: readonly [Layer] | readonly [Layer, Layer], columns: tf.Tensor): tf.Tensor;
  /** Back to what {@link hidden} gave and through it, by the gradient of what is behind the layers, one below another. */
  backThroughHidden(
    layers: readonly [Layer] | readonly [Layer, Layer],
    dOutput: tf.Tensor,
    units: tf.Tensor,
    mask: Mask | undefined,
  ): tf.Tensor;
  /**
   * Gradients of layers over the same x, whose outputs stand one below another.
   *
   * @param x in columns or, as images lie, in rows
   */
  gradient(outs: readonly [number] | readonly [number, number], dOutput: tf.Tensor, x: Activations): readonly Layer[];
}

/** Numbers of several images, one image in each column or row. */
export type Activations = { readonly columns: tf.Tensor } | { readonly rows: tf.Tensor };

/** Sizes and WGSL functions of one layer, or of two that stand one below another. */
export function stacked(layers: readonly [Layer] | readonly [Layer, Layer]) {
  const [first, second] = layers;
  const width = first.weight.shape[1] ?? 0;
  const firstOut = first.weight.shape[0];
  const beyond = (code: string) => (second === undefined ? '' : `if (row >= ${firstOut}u) { ${code} }`);
  return {
    /** Numbers that go into the layers, and that come out of them together. */
    width,
    out: firstOut + (second?.weight.shape[0] ?? 0),
    weights: { weight: first.weight, ...(second === undefined ? {} : { otherWeight: second.weight }) },
    biases: { bias: first.bias, ...(second === undefined ? {} : { otherBias: second.bias }) },
    weightAt: `fn weightAt(row : u32, column : u32) -> f32 {
  ${beyond(`return otherWeight[(row - ${firstOut}u) * ${width}u + column];`)}
  return weight[row * ${width}u + column];
}`,
    biasAt: `fn biasAt(row : u32) -> f32 {
  ${beyond(`return otherBias[row - ${firstOut}u];`)}
  return bias[row];
}`,
  };
}

export function columnLayers(sharing?: Sharing): ColumnLayers {
  return {
    hidden(layer, columns, mask) {
      const { out, width, weights, biases, weightAt, biasAt } = stacked([layer]);
      const count = countOf(columns);
      const dropped = droppedCode(mask);
      const [units] = product(
        {
          name: 'hidden',
          rows: out,
          columns: count,
          depth: width,
          outputs: { units: [out, count] },
          inputs: { ...weights, ...biases, x: columns, ...dropped.inputs },
          functions: activations + weightAt + biasAt + dropped.functions,
          left: 'return weightAt(row, k);',
          right: `return x[k * ${count}u + column];`,
          finish: `let at = row * ${count}u + column;
  units[at] = dropped(relu(sum + biasAt(row)), at);`,
        },
        sharing,
      );
      return units;
    },

    affine(layers, columns) {
      const { out, width, weights, biases, weightAt, biasAt } = stacked(layers);
      const count = countOf(columns);
      const [result] = product(
        {
          name: 'affine',
          rows: out,
          columns: count,
          depth: width,
          outputs: { result: [out, count] },
          inputs: { ...weights, ...biases, x: columns },
          functions: weightAt + biasAt,
          left: 'return weightAt(row, k);',
          right: `return x[k * ${count}u + column];`,
          finish: `result[row * ${count}u + column] = sum + biasAt(row);`,
        },
        sharing,
      );
      return result;
    },

    backThroughHidden(layers, dOutput, units, mask) {
      const { out, width, weights, weightAt } = stacked(layers);
      const count = countOf(dOutput);
      const dropped = droppedCode(mask);
      const [d] = product(
        {
          name: 'backThroughHidden',
          rows: width,
          columns: count,
          depth: out,
          outputs: { d: [width, count] },
          inputs: { ...weights, dOutput, units, ...dropped.inputs },
          functions: weightAt + dropped.functions,
          left: 'return weightAt(k, row);',
          right: `return dOutput[k * ${count}u + column];`,
          // A dropped unit is 0 as one is where ReLU is shut.
          finish: `let at = row * ${count}u + column;
  d[at] = select(0.0, dropped(sum, at), units[at] > 0.0);`,
        },
        sharing,
      );
      return d;
    },

    gradient(outs, dOutput, x) {
      const count = countOf(dOutput);
      const [width, at] =
        'columns' in x
          ? [x.columns.shape[0], (image: string, unit: string) => `x[${unit} * ${count}u + ${image}]`]
          : [x.rows.shape[1] ?? 0, (image: string, unit: string) => `x[${image} * ${width}u + ${unit}]`];
      const [firstOut, secondOut] = outs;
      const enter = (weight: string, bias: string, from: number) => `
    if (column < ${width}u) { ${weight}[(row - ${from}u) * ${width}u + column] = sum; } else { ${bias}[row - ${from}u] = sum; }`;
      const [weight, bias, otherWeight, otherBias] = product(
        {
          name: 'layerGradient',
          rows: firstOut + (secondOut ?? 0),
          // The bias is the weight of an input that is always 1.
          columns: width + 1,
          depth: count,
          outputs: {
            weight: [firstOut, width],
            bias: [firstOut],
            ...(secondOut === undefined ? {} : { otherWeight: [secondOut, width], otherBias: [secondOut] }),
          },
          inputs: { dOutput, x: 'columns' in x ? x.columns : x.rows },
          left: `return dOutput[row * ${count}u + k];`,
          right: `if (column == ${width}u) { return 1.0; } return ${at('k', 'column')};`,
          finish:
            secondOut === undefined
              ? enter('weight', 'bias', 0)
              : `if (row < ${firstOut}u) { ${enter('weight', 'bias', 0)} } else { ${enter('otherWeight', 'otherBias', firstOut)} }`,
        },
        sharing,
      );
      return secondOut === undefined
        ? [{ weight, bias }]
        : [
            { weight, bias },
            { weight: otherWeight, bias: otherBias },
          ];
    },
  };
}

function countOf(columns: tf.Tensor): number {
  return columns.shape[1] ?? 0;
}
