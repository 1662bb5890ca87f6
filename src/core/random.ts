import { uniformFloat32 } from 'pure-rand/distribution/uniformFloat32';
import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus';
import type { RandomGenerator } from 'pure-rand/types/RandomGenerator';
import { type Lasting, type Saved, wholeNumbers } from './checkpoint.ts';

/** The purpose of a stream of random numbers. Each purpose has its own stream, so that one never shifts another. */
export type Purpose =
  | 'data'
  | 'classes'
  | 'init'
  | 'memory'
  | 'retrieval'
  | 'latent'
  | 'dropout'
  | 'evaluation'
  | 'order'
  | 'permutation';

export interface Random extends RandomGenerator, Lasting {
  save(): Saved;
}

/** 32 bits of a string and a number, well mixed (FNV-1a, then the finaliser of MurmurHash3). */
function mix(text: string, salt: number): number {
  let hash = 0x811c9dc5 ^ salt;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}

/** 128 bits. */
const stateLength = 4;

/** A generator that can be put back to where it was. */
class RandomStream implements Random {
  #generator: RandomGenerator;

  constructor(state: readonly number[]) {
    this.#generator = xoroshiro128plusFromState(state);
  }

  next(): number {
    return this.#generator.next();
  }

  clone(): RandomStream {
    return new RandomStream(this.getState());
  }

  getState(): readonly number[] {
    return this.#generator.getState();
  }

  save(): Saved {
    return Int32Array.from(this.getState());
  }

  restore(saved: Saved | undefined, name: string): void {
    this.#generator = xoroshiro128plusFromState([...wholeNumbers(saved, stateLength, name)]);
  }
}

/** A generator that depends on nothing but the seed and the purpose. */
export function randomStream(seed: number, purpose: Purpose): Random {
  const name = `${purpose}:${seed}`;
  return new RandomStream([mix(name, 1), mix(name, 2), mix(name, 3), mix(name, 4) | 1]);
}

/** A whole number drawn uniformly from 0 … `bound` − 1. */
export function below(bound: number, random: Random): number {
  return uniformInt(random, 0, bound - 1);
}

/** `count` numbers drawn uniformly from [−limit, limit). */
export function symmetricUniform(count: number, limit: number, random: Random): Float32Array {
  return Float32Array.from({ length: count }, () => (2 * uniformFloat32(random) - 1) * limit);
}

/** `count` numbers drawn from the standard normal distribution (Box & Muller 1958). */
export function standardNormal(count: number, random: Random): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i += 2) {
    // 1 − u lies in (0, 1], where the logarithm is finite.
    const radius = Math.sqrt(-2 * Math.log(1 - uniformFloat32(random)));
    const angle = 2 * Math.PI * uniformFloat32(random);
    values[i] = radius * Math.cos(angle);
    if (i + 1 < count) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** A copy in random order (Fisher–Yates). */
export function shuffled(values: Int32Array, random: Random): Int32Array {
  return drawWithoutReplacement(values, values.length, random);
}

/** `count` of the values, each at most once, in the order drawn (the first steps of Fisher–Yates). */
export function drawWithoutReplacement(values: Int32Array, count: number, random: Random): Int32Array {
  const pool = values.slice();
  for (let i = 0; i < count; i++) {
    const j = i + below(pool.length - i, random);
    const drawn = pool[j];
    pool[j] = pool[i];
    pool[i] = drawn;
  }
  return pool.slice(0, count);
}
