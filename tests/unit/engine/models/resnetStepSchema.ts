import { z } from 'zod';

const tensorSchema = z.object({ shape: z.array(z.number()), data: z.array(z.number()) });
const treeSchema = z.record(z.string(), tensorSchema);

/** Figures of one ResNet-18 step, computed with PyTorch in float64; images NCHW, convolutions [out, in, kh, kw]. */
export const resnetStepSchema = z.object({
  filters: z.number(),
  x: tensorSchema,
  y: z.array(z.number()),
  parameters: treeSchema,
  logits: tensorSchema,
  loss: z.number(),
  gradient: treeSchema,
  runningStatistics: treeSchema,
  evalLogits: tensorSchema,
  parameterCounts: z.object({ cifar10: z.number() }),
});
