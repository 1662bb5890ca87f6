import * as tf from '@tensorflow/tfjs';
import { beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defaultSettings, type Retrieval } from '../../../../src/core/config.ts';
import type { Batch } from '../../../../src/core/stream.ts';
import { initialRetrieval } from '../../../../src/core/methods.ts';
import { methodMakers } from '../../../../src/engine/createLearner.ts';
import { imageSource } from '../../../../src/engine/data/imageSource.ts';
import { type Learner, learnerOf } from '../../../../src/engine/methods/learner.ts';
import { mlp } from '../../../../src/engine/models/networks.ts';
import type { SavedTensor } from '../../../../src/engine/runner/inputs.ts';
import { dropAll, read } from '../outputs.ts';
import { referenceFile, relativeError, tensorSchema, toParameters } from '../referenceFile.ts';
import { startTestBackend, testBackends } from '../startTestBackend.ts';

/**
 * Three steps of each method, computed with PyTorch in float64 from the same parameters, images (bytes / 255) and
 * batches, after this formula:
 *
 *     g = ∇ cross_entropy(f(x_in) with −∞ for hidden classes, y_in), and for a memory that is not empty
 *     g += ∇ derAlpha · mse_loss(f(x_mem), stored logits)     (DER and DER++)
 *     g += ∇ derBeta · cross_entropy(f(x_mem), y_mem)         (DER++; 1 in place of derBeta for ER-ACE, without the line above)
 *     θ ← θ − learningRate · g; then every image of the batch is stored with its logits and loss at the θ before
 *
 * With a budget of 12 the whole memory is replayed, whatever is drawn. With MIR the candidates are the whole memory, and
 * `picks` are the 4 images with the highest MI-2 score, by a θ_v along the first line's gradient. Batch 1 is of task 1;
 * batch 2 has a class of task 1, too; batch 3 is of the same task as batch 2.
 */
const fixture = referenceFile(
  'replay-steps',
  z.object({
    learningRate: z.number(),
    derAlpha: z.number(),
    derBeta: z.number(),
    pixels: z.array(z.int()),
    labels: z.array(z.int()),
    batches: z.array(z.array(z.int())),
    tasks: z.array(z.int()),
    before: z.record(z.string(), tensorSchema),
    runs: z.array(
      z.object({
        method: z.enum(['der', 'der-pp', 'der-pp-mir', 'er-ace', 'er-ace-mir']),
        budget: z.int(),
        losses: z.array(z.array(z.number())),
        picks: z.array(z.array(z.int())),
        storedLogits: tensorSchema,
        bestLosses: tensorSchema,
        after: z.record(z.string(), tensorSchema),
      }),
    ),
  }),
);
type Run = (typeof fixture.runs)[number];

const [sides, hidden, classes] = [[3, 4, 1] as const, 7, 6];
const network = mlp([12, hidden, hidden, classes]);
const images = imageSource(
  {
    count: fixture.labels.length,
    labels: Uint8Array.from(fixture.labels),
    pixels: Uint8Array.from(fixture.pixels),
  },
  { range: [0, 1], permutation: () => null },
);
const batches = fixture.batches.map(
  (samples, index): Batch => ({
    samples: Int32Array.from(samples),
    labels: Int32Array.from(samples, (sample) => fixture.labels[sample]),
    tasks: new Int32Array(samples.length).fill(fixture.tasks[index]),
  }),
);

function learnerFor(method: Run['method'], budget: number): Learner {
  const { learningRate, derAlpha, derBeta } = fixture;
  const own = { learningRate, derAlpha, derBeta, memoryPerClass: 3, candidates: 20, budget };
  const config = { ...defaultSettings, ...own, method };
  const classifier = { ...network, init: () => ({ parameters: toParameters(fixture.before), statistics: {} }) };
  const input = { config, classifier, images, imageShape: sides, classCount: classes, taskCount: 2 };
  return learnerOf(methodMakers[method](input), 1);
}

interface SavedState {
  readonly state: {
    readonly parameters: Readonly<Record<string, SavedTensor>>;
    readonly best: SavedTensor;
    readonly logits?: SavedTensor;
  };
}

describe.each(testBackends)('on %s', (backend) => {
  beforeAll(async () => {
    await startTestBackend(backend);
  });

  it.each(fixture.runs)('$method steps where PyTorch steps, and frees its tensors', async (run) => {
    const before = tf.memory().numTensors;
    const learner = learnerFor(run.method, run.budget);
    const picked: number[][] = [];
    for (const [index, batch] of batches.entries()) {
      const observation = learner.observe(batch, initialRetrieval(run.method), false);
      expect(relativeError(await read(observation.losses), run.losses[index])).toBeLessThan(1e-5);
      expect(observation.replays).toHaveLength(index === 0 ? 0 : run.method.startsWith('der-pp') ? 2 : 1);
      for (const { candidates, picks } of observation.replays) {
        // The whole memory, with the current task's.
        expect([...candidates.samples].sort((one, other) => one - other)).toEqual(
          fixture.batches.slice(0, index).flat(),
        );
        picked.push((await read(picks)).map((position) => candidates.samples[position]));
      }
    }
    const wanted = run.picks.flatMap((picks) => (run.method.startsWith('der-pp') ? [picks, picks] : [picks]));
    const mir = run.method.endsWith('-mir');
    const inOrder = (picks: readonly number[]) => (mir ? picks : picks.toSorted((one, other) => one - other));
    expect(picked.map(inOrder)).toEqual(wanted.map(inOrder));

    const { state } = (await learner.lasting.save()) as unknown as SavedState;
    for (const [name, { data }] of Object.entries(run.after))
      expect(relativeError(state.parameters[name].values, data), name).toBeLessThan(1e-4);
    expect(relativeError(state.best.values.slice(0, -1), run.bestLosses.data)).toBeLessThan(1e-4);
    const logits = state.logits?.values.slice(0, -classes) ?? null;
    if (run.method.startsWith('der')) expect(relativeError(logits ?? [], run.storedLogits.data)).toBeLessThan(1e-4);
    else expect(logits).toBeNull();
    learner.dispose();
    expect(tf.memory().numTensors).toBe(before);
  });

  it('DER++ makes two draws that differ, and follows a switch of the retrieval at once', async () => {
    const learner = learnerFor('der-pp', 4);
    const seen = async (batch: Batch, retrieval: Retrieval) => {
      const { losses, replays, tracedLosses } = learner.observe(batch, retrieval, true);
      dropAll([losses, tracedLosses]);
      const [first, second] = replays;
      if (first.traced === null) throw new Error('The first draw was not traced.');
      const [picks, mirPicks] = [await read(first.picks), await read(first.traced.mirPicks)];
      dropAll([second.picks, first.traced.scores]);
      expect([second.traced, first.used, second.used]).toEqual([null, retrieval, retrieval]);
      expect([...first.candidates.samples]).not.toEqual([...second.candidates.samples]);
      return { picks, mirPicks };
    };
    dropAll(learner.observe(batches[0], 'random', false));
    const random = await seen(batches[1], 'random');
    expect(random.picks).toEqual([0, 1, 2, 3]);
    expect(random.mirPicks).not.toEqual(random.picks);
    const mir = await seen(batches[2], 'mir');
    expect(mir.picks).toEqual(mir.mirPicks);
    learner.dispose();
  });
});
