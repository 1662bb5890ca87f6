import type { MethodName } from '../config.ts';
import { ae } from './ae.ts';
import { er } from './er.ts';
import { fineTune } from './fineTune.ts';
import { gem } from './gem.ts';
import { gen } from './gen.ts';
import { icarl } from './icarl.ts';
import type { Learner, LearnerInput } from './learner.ts';

/** How a method takes its data: task after task, or all tasks shuffled together, so many times. */
export type Order = { readonly kind: 'sequential' } | { readonly kind: 'iid'; readonly passes: number };

/** A row of the paper's tables, ready to run. */
export interface Method {
  readonly order: Order;
  readonly create: (input: LearnerInput) => Learner;
}

/** Every method by name. */
export const methods: Readonly<Record<MethodName, Method>> = {
  'fine-tune': { order: { kind: 'sequential' }, create: fineTune },
  'er': { order: { kind: 'sequential' }, create: er },
  'er-mir': { order: { kind: 'sequential' }, create: er },
  'gem': { order: { kind: 'sequential' }, create: gem },
  'icarl': { order: { kind: 'sequential' }, create: icarl },
  'gen': { order: { kind: 'sequential' }, create: gen },
  'gen-mir': { order: { kind: 'sequential' }, create: gen },
  'ae-er': { order: { kind: 'sequential' }, create: ae },
  'ae-mir': { order: { kind: 'sequential' }, create: ae },
  'iid-online': { order: { kind: 'iid', passes: 1 }, create: fineTune },
  'iid-offline': { order: { kind: 'iid', passes: 5 }, create: fineTune },
};
