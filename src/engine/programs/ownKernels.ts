import { filterGradientKernel } from './filterGradient.ts';
import { type OwnKernel, replaceKernel } from './replaceKernel.ts';
import { softwareKernels } from './softwareKernels.ts';

/** Kernels that are faster than the stock ones on every adapter. */
const everywhere: Readonly<Record<string, OwnKernel>> = { Conv2DBackpropFilter: filterGradientKernel };

/** Null while the stock kernels are in use. */
let inUse: { readonly software: boolean; readonly restore: readonly (() => void)[] } | null = null;

/**
 * Switches to kernels of our own. The webgpu backend must have started.
 *
 * @param software whether the processor imitates the graphics card
 */
export function useOwnKernels(software: boolean): void {
  useStockKernels();
  const kernels = software ? { ...everywhere, ...softwareKernels } : everywhere;
  inUse = { software, restore: Object.entries(kernels).map(([name, kernel]) => replaceKernel(name, kernel)) };
}

/** Works with the stock kernels, and switches back to ours afterwards where they were in use. */
export async function withStockKernels<Result>(work: () => Promise<Result>): Promise<Result> {
  const before = inUse;
  useStockKernels();
  try {
    return await work();
  } finally {
    if (before !== null) useOwnKernels(before.software);
  }
}

/** Switches back to the stock kernels. */
export function useStockKernels(): void {
  for (const putBack of inUse?.restore ?? []) putBack();
  inUse = null;
}
