import type { RunMetric } from './curveRows.ts';

/** What a chart is of, in words. */
interface MetricWords {
  /** The region's name. */
  readonly title: string;
  /** The title with its unit, for the eye. */
  readonly heading: string;
  readonly explanation: string;
}

export const metricWords: Readonly<Record<RunMetric, MetricWords>> = {
  averageAccuracy: {
    title: 'Average accuracy',
    heading: 'Average accuracy, %',
    explanation: 'The share of test images that a lane names right: the mean over the tasks seen so far. Higher is better.',
  },
  averageForgetting: {
    title: 'Average forgetting',
    heading: 'Average forgetting, %',
    explanation: 'How far the accuracy on each earlier task has fallen from the best it ever was, on average. Lower is better.',
  },
  negativeElbo: {
    title: 'Negative ELBO',
    heading: '−ELBO, nats',
    explanation:
      'How badly a lane’s generator knows the test images: the negative evidence lower bound at β = 1, in nats per image, the mean over the tasks seen so far. It is what a reconstruction costs plus what its code costs (KL). Lower is better. The untrained generator of step 0 is left out.',
  },
};
