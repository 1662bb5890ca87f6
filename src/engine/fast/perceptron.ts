import { initialRetrieval } from '../../core/methods.ts';
import { randomStream } from '../../core/random.ts';
import { type Lasting, lastingParts, type Saved } from '../../core/saved.ts';
import { drawCandidates, Reservoir } from '../memory/reservoir.ts';
import type { LearnerInput, Method, Observation, Replay } from '../methods/learner.ts';
import { tidy } from '../models/parameters.ts';
import { checkedTree, type SavedTensor, type Shaped } from '../runner/savedState.ts';
import { given, type Output } from '../runner/step.ts';
import type { FormSettings, PerceptronForm } from './perceptronForm.ts';

/**
 * Fine-tuning, ER and ER-MIR of a perceptron in a fast form: the same as methods/fineTune.ts and methods/er.ts, with
 * less work (ARCHITECTURE.md, "Fast forms"). One forward pass takes incoming images and candidates together, the
 * incoming gradient serves the virtual and the real step, and only the chosen candidates go backward. It draws the same
 * numbers as they do.
 */
export function perceptron(
  { config, classifier, classCount }: LearnerInput,
  createForm: (settings: FormSettings) => PerceptronForm,
): Method {
  const { budget } = config;
  const replays = initialRetrieval(config.method) !== null;
  const memory = new Reservoir(replays ? config.memoryPerClass * classCount : 0, randomStream(config.seed, 'memory'));
  const retrievalRandom = randomStream(config.seed, 'retrieval');
  const form = tidy(() =>
    createForm({
      initial: classifier.init(randomStream(config.seed, 'init')).parameters,
      candidates: replays ? config.candidates : 0,
      budget,
      capacity: memory.capacity,
      score: config.retrievalScore,
      learningRate: config.learningRate,
      iterations: config.iterations,
    }),
  );

  const state = lastingForm(form, classifier.layers ?? [], replays ? memory.capacity : null);
  return {
    lasting: lastingParts(replays ? { state, memory, retrieval: retrievalRandom } : { state }),
    stored: () => memory.contents(),
    learn(batch, { retrieval, traced, last }) {
      const candidates = replays ? drawCandidates(memory, batch.tasks[0], config.candidates, retrievalRandom) : null;
      const drawn = candidates?.slots.length ?? 0;
      const replayed = Math.min(budget, drawn);
      // Random retrieval takes the first B and needs no others, unless a trace asks for the scores.
      const scored = retrieval === 'mir' || traced;

      // 1. The gradient of the incoming batch.
      form.forward(batch, candidates, scored ? drawn : replayed);
      const losses = form.losses();
      form.backwardIncoming();

      const replay: Replay[] = [];
      let virtual: Output | null = null;
      if (candidates !== null) {
        // 2, 3. Retrieve from the memory: the first B candidates, or those that the coming update hurts most.
        if (scored) {
          if (traced) form.noteBestLosses();
          form.virtualForward();
          form.score();
          form.rank();
          if (retrieval === 'mir') form.lowerBestLosses();
        }
        if (traced) {
          form.virtualIncoming();
          virtual = form.virtualIncomingLosses();
        }
        form.backwardReplayed(retrieval);
        replay.push({
          candidates,
          used: retrieval,
          picks: retrieval === 'mir' ? form.highest() : given(Int32Array.from({ length: replayed }, (_, pick) => pick)),
          traced: traced ? { ...form.candidateLosses(), scores: form.scores(), mirPicks: form.highest() } : null,
        });
      }

      // 4. One step on incoming and retrieved together: θ ← θ − α (g_in + g_mem).
      form.update();
      let tracedLosses: Observation['tracedLosses'] = null;
      if (traced) {
        form.lookAgain();
        tracedLosses = {
          incoming: { before: losses, virtual, after: form.incomingAfter() },
          replayed: candidates && form.replayedAround(),
        };
      }
      // 5. Offer the batch to the memory, after all iterations on it.
      if (last) form.finishBatch(replays ? memory.add(batch) : []);
      return { losses, replays: replay, tracedLosses, decoded: null, replacedLatents: [] };
    },
    evaluate: (rows) => form.evaluate(rows),
    answer: (images) => form.answer(images),
    dispose: () => form.dispose(),
  };
}

interface SavedForm {
  readonly parameters: Readonly<Record<string, SavedTensor>>;
  readonly best?: SavedTensor;
}

/**
 * What a form has learnt, as the readable step saves it: a run may go on where there is no such form.
 *
 * @param capacity of the memory; null for methods without one
 */
function lastingForm(form: PerceptronForm, layers: readonly number[], capacity: number | null): Lasting {
  const shapes = Object.fromEntries(
    layers.slice(1).flatMap((out, index): [string, Shaped][] => [
      [`${2 * index}.weight`, { shape: [out, layers[index]], dtype: 'float32' }],
      [`${2 * index}.bias`, { shape: [out], dtype: 'float32' }],
    ]),
  );
  // The readable step's l* has an entry for no slot at its end.
  const bestShape = capacity === null ? null : { shape: [capacity + 1], dtype: 'float32' };
  const like = { parameters: shapes, statistics: {}, ...(bestShape && { best: bestShape }) };
  return {
    async save() {
      const { parameters, best } = await form.save();
      const tensors = Object.entries(shapes).map(([name, { shape }]): [string, Saved] => [
        name,
        { shape, values: parameters[name] },
      ]);
      const padded = () => {
        const values = new Float32Array(best.length + 1);
        values.set(best);
        return { shape: [values.length], values };
      };
      return { parameters: Object.fromEntries(tensors), statistics: {}, ...(bestShape && { best: padded() }) };
    },
    restore(saved, name) {
      const { parameters, best } = checkedTree(saved, like, name) as SavedForm;
      form.restore({
        parameters: Object.fromEntries(
          Object.entries(parameters).map(([key, { values }]) => [key, values as Float32Array]),
        ),
        best: (best?.values.slice(0, -1) ?? new Float32Array()) as Float32Array,
      });
    },
  };
}
