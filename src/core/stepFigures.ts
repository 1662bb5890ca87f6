/** One gradient of the past, and what became of it in a step. */
export interface PastGradient {
  /** Number of the task whose memories it is of; null for a draw from the whole memory. */
  readonly task: number | null;
  /** Images over which it is the mean. */
  readonly memories: number;
  /** |g_k| */
  readonly length: number;
  /** ⟨g, g_k⟩: below 0 the incoming gradient, followed downhill, raises the loss on these memories. */
  readonly product: number;
  /** How much of g_k was added to g; 0 where the step may stay as it is. */
  readonly weight: number;
  /** ⟨g̃, g_k⟩ with the gradient that was stepped along. */
  readonly productAfter: number;
}

/** How GEM or A-GEM kept a step from hurting the past. */
export interface ConstraintFigures {
  readonly kind: 'constraint';
  /** Empty while there is no past. */
  readonly past: readonly PastGradient[];
  /** |g| of the incoming batch, and |g̃| of what was stepped along. */
  readonly length: number;
  readonly lengthAfter: number;
}

/** Old answers that iCaRL or LwF learnt beside labels. Losses are means over the incoming images, in nats. */
export interface DistillationFigures {
  readonly kind: 'distillation';
  /** Classes that are answered as the earlier network does; none in the first task. */
  readonly old: readonly number[];
  /**
   * What each incoming image was to be answered, and what it was answered before the step, a number for each class: with
   * iCaRL probabilities of yes, new classes' targets being the labels; with LwF softened probabilities among the old.
   */
  readonly targets: readonly (readonly number[])[];
  readonly answers: readonly (readonly number[])[];
  readonly lossOfLabels: number;
  readonly lossOfAnswers: number;
  /** The kept images that came along, with the same targets; null for none. */
  readonly exemplars: { readonly count: number; readonly before: number; readonly after: number } | null;
}

/** EWC's pull back to where the task before left the parameters. */
interface PenaltyFigures {
  readonly kind: 'penalty';
  /** λ/2 Σ Ω (θ − θ*)² before the step. */
  readonly penalty: number;
  /** |∇L| of the incoming batch, and |λ Ω (θ − θ*)| of the penalty. */
  readonly length: number;
  readonly pullLength: number;
  /** |θ − θ*| */
  readonly distance: number;
  /** The largest Ω of all parameters; 0 in the first task. */
  readonly largest: number;
}

/** What a traced step computed beside losses and retrievals, by the method. */
export type StepFigures = ConstraintFigures | DistillationFigures | PenaltyFigures;
