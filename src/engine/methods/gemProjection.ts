import { solveQP } from 'quadprog';

/** Added to the diagonal of GGᵀ, so that the quadratic program is strictly convex. */
const ridge = 1e-3;

/**
 * How much of each memory gradient to add to the gradient of the incoming batch so that the step hurts no
 * past task (Lopez-Paz & Ranzato 2017, equation 11, the dual): min_v ½ vᵀ(GGᵀ + 10⁻³ I)v + (Gg)ᵀ v with
 * v ≥ margin.
 *
 * @param gram G Gᵀ, inner products of the past tasks' gradients, [k][k]
 * @param products G g, their inner products with the incoming gradient, [k]
 * @param margin the least weight of a past task
 * @returns v, [k]: the projected gradient is g + Gᵀ v; null if no past task is hurt, so that g may stay
 * @throws Error if the solver finds no solution, as with gradients that are not finite
 */
export function gemProjection(gram: readonly (readonly number[])[], products: readonly number[], margin: number): number[] | null {
  if (products.every((product) => product >= 0)) return null;
  const tasks = products.map((_, task) => task);
  const quadratic = tasks.map((row) => countFromOne(tasks.map((column) => gram[row][column] + (row === column ? ridge : 0))));
  const identity = tasks.map((row) => countFromOne(tasks.map((column) => (row === column ? 1 : 0))));
  const { solution, message } = solveQP(
    countFromOne(quadratic),
    countFromOne(products.map((product) => -product)),
    countFromOne(identity),
    countFromOne(tasks.map(() => margin)),
  );
  if (message !== '') throw new Error(`GEM's quadratic program has no solution (${message}); use a smaller learning rate.`);
  return solution.slice(1);
}

/** The solver's arrays count from 1. */
function countFromOne<T>(values: T[]): T[] {
  const shifted: T[] = [];
  values.forEach((value, index) => {
    shifted[index + 1] = value;
  });
  return shifted;
}
