/**
 * A multi-layer perceptron in plain float64 arrays: an independent second opinion on the engine's
 * arithmetic. Layers are [out][in] weights and [out] biases.
 */
export interface PlainLayer {
  readonly weight: number[][];
  readonly bias: number[];
}

export type PlainNetwork = readonly PlainLayer[];

interface Forward {
  /** Input of each layer, then the logits. */
  readonly activations: number[][];
}

function forward(network: PlainNetwork, x: readonly number[]): Forward {
  const activations: number[][] = [[...x]];
  network.forEach(({ weight, bias }, index) => {
    const z = weight.map((row, out) => row.reduce((sum, w, i) => sum + w * activations[index][i], bias[out]));
    activations.push(index === network.length - 1 ? z : z.map((value) => Math.max(value, 0)));
  });
  return { activations };
}

function softmax(logits: readonly number[]): number[] {
  const top = Math.max(...logits);
  const exponentials = logits.map((z) => Math.exp(z - top));
  const total = exponentials.reduce((sum, e) => sum + e, 0);
  return exponentials.map((e) => e / total);
}

/** Probability of each class for one example. */
export function plainAnswer(network: PlainNetwork, x: readonly number[]): number[] {
  return softmax(forward(network, x).activations[network.length]);
}

/** Cross-entropy of one example, in nats. */
export function plainLoss(network: PlainNetwork, x: readonly number[], label: number): number {
  return -Math.log(plainAnswer(network, x)[label]);
}

/** Gradient of the mean cross-entropy. */
export function plainGradient(
  network: PlainNetwork,
  xs: readonly (readonly number[])[],
  labels: readonly number[],
): PlainLayer[] {
  const gradient = network.map(({ weight, bias }) => ({
    weight: weight.map((row) => row.map(() => 0)),
    bias: bias.map(() => 0),
  }));
  xs.forEach((x, example) => {
    const { activations } = forward(network, x);
    let delta = softmax(activations[network.length]).map((p, k) => (p - (k === labels[example] ? 1 : 0)) / xs.length);
    for (let layer = network.length - 1; layer >= 0; layer--) {
      const input = activations[layer];
      delta.forEach((d, out) => {
        gradient[layer].bias[out] += d;
        input.forEach((a, i) => {
          gradient[layer].weight[out][i] += d * a;
        });
      });
      delta = input.map((a, i) =>
        a > 0 ? delta.reduce((sum, d, out) => sum + d * network[layer].weight[out][i], 0) : 0,
      );
    }
  });
  return gradient;
}

/** θ − α (g₁ + g₂ + …). */
export function plainStep(network: PlainNetwork, gradients: readonly PlainNetwork[], rate: number): PlainLayer[] {
  return network.map(({ weight, bias }, layer) => ({
    weight: weight.map((row, out) =>
      row.map((w, i) => w - rate * gradients.reduce((sum, g) => sum + g[layer].weight[out][i], 0)),
    ),
    bias: bias.map((b, out) => b - rate * gradients.reduce((sum, g) => sum + g[layer].bias[out], 0)),
  }));
}

/** Positions of the `budget` highest scores, highest first. */
export function plainTop(scores: readonly number[], budget: number): number[] {
  return scores
    .map((score, position) => ({ score, position }))
    .sort((a, b) => b.score - a.score || a.position - b.position)
    .slice(0, budget)
    .map(({ position }) => position);
}
