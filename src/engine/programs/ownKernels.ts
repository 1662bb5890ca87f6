import { filterGradientKernel } from './filterGradient.ts';
import { type OwnKernel, replaceKernel } from './runProgram.ts';

/** Kernels that are faster than the stock ones on every adapter. */
const everywhere: Readonly<Record<string, OwnKernel>> = { Conv2DBackpropFilter: filterGradientKernel };

/** Null while the stock kernels are in use. */
let restore: readonly (() => void)[] | null = null;

/** Switches to kernels of our own. The webgpu backend must have started. */
export function useOwnKernels(): void {
  useStockKernels();
  restore = Object.entries(everywhere).map(([name, kernel]) => replaceKernel(name, kernel));
}

/** Works with the stock kernels, and switches back to ours afterwards where they were in use. */
export async function withStockKernels<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = restore;
  useStockKernels();
  try {
    return await work();
  } finally {
    if (before !== null) useOwnKernels();
  }
}

/** Switches back to the stock kernels. */
export function useStockKernels(): void {
  for (const putBack of restore ?? []) putBack();
  restore = null;
}
