import { type MethodName, methods } from '../../core/methods.ts';

/** A line of an algorithm, by what it does. */
export type AlgorithmLine = 'batch' | 'virtual' | 'draw' | 'score' | 'sort' | 'take' | 'step' | 'store';

/** An algorithm of the paper, line by line, as text. */
interface Algorithm {
  readonly title: string;
  readonly lines: readonly { readonly name: AlgorithmLine; readonly text: string }[];
}

const memory: Algorithm = {
  title: 'Algorithm 1',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream:' },
    { name: 'virtual', text: 'θᵥ ← SGD(Bₙ, α)' },
    { name: 'draw', text: 'draw C memories at random' },
    { name: 'score', text: 'score each: l(θᵥ) against l(θ)' },
    { name: 'sort', text: 'sort them by score' },
    { name: 'take', text: 'take the first B' },
    { name: 'step', text: 'θ ← SGD(Bₙ ∪ taken, α)' },
    { name: 'store', text: 'offer Bₙ to the memory' },
  ],
};

const random: Algorithm = {
  title: 'Experience replay',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream:' },
    { name: 'draw', text: 'draw B memories at random' },
    { name: 'step', text: 'θ ← SGD(Bₙ ∪ drawn, α)' },
    { name: 'store', text: 'offer Bₙ to the memory' },
  ],
};

const plain: Algorithm = {
  title: 'Plain training',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream:' },
    { name: 'step', text: 'θ ← SGD(Bₙ, α)' },
  ],
};

const generative: Algorithm = {
  title: 'Algorithm 2',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream:' },
    { name: 'virtual', text: 'θᵥ ← SGD(Bₙ, α), on copies' },
    { name: 'draw', text: 'draw latents z from the prior' },
    { name: 'score', text: 'climb: z ← z + ∇ objective(z)' },
    { name: 'take', text: 'decode z, name them by the old classifier' },
    { name: 'step', text: 'train both networks on Bₙ and these' },
  ],
};

const hybrid: Algorithm = {
  title: 'Algorithm 3',
  lines: [
    { name: 'batch', text: 'for each batch Bₙ of the stream, encoded:' },
    { name: 'virtual', text: 'θᵥ ← SGD(Bₙ, α)' },
    { name: 'score', text: 'climb from the batch’s latents' },
    { name: 'draw', text: 'draw stored latents at random' },
    { name: 'take', text: 'take those nearest to what was found' },
    { name: 'step', text: 'train on Bₙ and these, decoded' },
  ],
};

/**
 * The algorithm that a lane carries out; null for methods that are described by parts of their own.
 *
 * @param used the rule whose picks are replayed; null where nothing is
 */
export function algorithmOf(method: MethodName, used: 'mir' | 'random' | null): Algorithm | null {
  const { flow, retrieval } = methods[method];
  switch (flow) {
    case 'memory':
      return retrieval === null ? plain : used === 'random' ? random : memory;
    case 'generative':
      return generative;
    case 'hybrid':
      return hybrid;
    default:
      return null;
  }
}
