import { matMulKernel } from './matMulKernel.ts';
import { replaceKernel } from './replaceKernel.ts';
import { sumKernel } from './sumKernel.ts';
import { transposeKernel } from './transposeKernel.ts';

let restore: readonly (() => void)[] = [];

/**
 * Switches to kernels that suit a graphics card imitated by the processor, where barriers and shared memory, which the
 * stock ones lean on, are what costs. Graphics hardware keeps the stock ones: nothing was measured there that would
 * speak for others. The webgpu backend must have started.
 */
export function useSoftwareKernels(): void {
  useStockKernels();
  restore = [
    replaceKernel('BatchMatMul', matMulKernel),
    replaceKernel('Transpose', transposeKernel),
    replaceKernel('Sum', sumKernel),
  ];
}

/** Works with the stock kernels, and switches back to ours afterwards where they were in use. */
export async function withStockKernels<Result>(work: () => Promise<Result>): Promise<Result> {
  const inUse = restore.length > 0;
  useStockKernels();
  try {
    return await work();
  } finally {
    if (inUse) useSoftwareKernels();
  }
}

/** Switches back to the stock kernels. */
export function useStockKernels(): void {
  for (const putBack of restore) putBack();
  restore = [];
}
