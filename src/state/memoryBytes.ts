import type { RunConfig } from '../engine/config.ts';
import { autoencoderSize, latentSize } from '../engine/models/autoencoderSize.ts';
import { scenarios } from '../engine/scenarios/scenarios.ts';

/** Of a 32-bit floating-point number. */
const floatBytes = 4;

type MemoryConfig = Pick<RunConfig, 'scenario' | 'memoryPerClass' | 'aeFilters'>;

/** Images, or latents, that the memory of a run holds in all. */
export function memoryCapacity({ scenario, memoryPerClass }: Pick<RunConfig, 'scenario' | 'memoryPerClass'>): number {
  return memoryPerClass * scenarios[scenario].classCount;
}

/** Bytes that a full memory takes, by what it keeps. Labels and tasks, alike for all, are left out. */
export interface MemoryBytes {
  /** Images or latents in all. */
  readonly capacity: number;
  /** Latents as the engine stores them, 32-bit floating-point numbers. */
  readonly latents: number;
  /** Images as datasets store them, a byte for each number. */
  readonly imagesAsBytes: number;
  /** Images as networks take them, 32-bit floating-point numbers. */
  readonly imagesAsFloats: number;
}

/**
 * What a memory of a hybrid run takes, and what a memory of as many images would take.
 *
 * @throws RangeError if the scenario's images do not fit the autoencoder
 */
export function memoryBytes(config: MemoryConfig): MemoryBytes {
  const { imageShape } = scenarios[config.scenario];
  const capacity = memoryCapacity(config);
  const imageSize = imageShape.reduce((product, length) => product * length);
  return {
    capacity,
    latents: capacity * latentSize({ imageShape, filters: config.aeFilters }) * floatBytes,
    imagesAsBytes: capacity * imageSize,
    imagesAsFloats: capacity * imageSize * floatBytes,
  };
}

/** What the latents of a hybrid run cannot do without: its autoencoder. */
export function autoencoderBytes({ scenario, aeFilters }: MemoryConfig): { readonly parameters: number; readonly bytes: number } {
  const { parameters, statistics } = autoencoderSize({ imageShape: scenarios[scenario].imageShape, filters: aeFilters });
  return { parameters, bytes: (parameters + statistics) * floatBytes };
}
