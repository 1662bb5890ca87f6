import type { GaugeReport } from '../link/poolWorker.ts';

const [rows, columns] = [784, 400];
const matrix = Float32Array.from({ length: rows * columns }, (_, index) => Math.sin(index));
const vector = Float32Array.from({ length: rows }, (_, index) => Math.cos(index));

/** How many products of a vector and a matrix as large as a network's are done in a millisecond. */
function productsPerMillisecond(milliseconds: number): number {
  const begun = performance.now();
  let [products, sum, now] = [0, 0, begun];
  while (now - begun < milliseconds) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) sum += vector[row] * matrix[row * columns + column];
    }
    products += 1;
    now = performance.now();
  }
  // The sum is used so that no compiler leaves its computation out.
  return Number.isNaN(sum) ? 0 : products / (now - begun);
}

/** Measures the processor for as many milliseconds as the page says. */
export function begin(): (milliseconds: number) => void {
  return (milliseconds) => self.postMessage(productsPerMillisecond(milliseconds) satisfies GaugeReport);
}
