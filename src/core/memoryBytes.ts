import type { RunConfig } from './config.ts';
import { scenarios } from './scenarios.ts';

/** The settings that decide the size of an autoencoder. */
export interface AutoencoderOptions {
  /** Height, width, channels; height and width are multiples of 8. */
  readonly imageShape: readonly [number, number, number];
  /** Channels of every hidden layer. The paper has 20. */
  readonly filters: number;
}

/** How much smaller the side of a latent is than an image's: three strides of 2. */
const shrinkage = 8;

/**
 * Height, width and channels of a latent.
 *
 * @throws RangeError if an image's sides are not multiples of 8
 */
export function latentShape({ imageShape, filters }: AutoencoderOptions): readonly [number, number, number] {
  const [height, width] = imageShape;
  if (height % shrinkage !== 0 || width % shrinkage !== 0) {
    throw new RangeError(
      `The autoencoder needs images whose sides are multiples of ${shrinkage} pixels; these are ${height} × ${width}.`,
    );
  }
  return [height / shrinkage, width / shrinkage, filters];
}

/** Numbers in a latent. */
export function latentSize(options: AutoencoderOptions): number {
  return latentShape(options).reduce((product, length) => product * length);
}

/** The numbers in an autoencoder: its parameters, and the running statistics of its batch normalisation. */
export function autoencoderSize({ imageShape, filters }: AutoencoderOptions): {
  readonly parameters: number;
  readonly statistics: number;
} {
  const [, , channels] = imageShape;
  // Six 4 × 4 convolutions, without biases, the first and the last between images and channels; eight normalisations
  // besides, and four residual blocks: 3 × 3 and 1 × 1 convolutions with biases. Half of it all is the decoder's.
  const convolutions = 16 * (2 * channels * filters + 4 * filters ** 2);
  const blocks = 4 * (10 * filters ** 2 + 2 * filters);
  // Five normalisations between convolutions, three beside the blocks, four within them: a scale and a shift each.
  const normalisations = 2 * 12 * filters;
  return { parameters: convolutions + blocks + normalisations, statistics: normalisations };
}

/** Of a 32-bit floating-point number. */
const floatBytes = 4;

type MemoryConfig = Pick<RunConfig, 'scenario' | 'memoryPerClass' | 'aeFilters'>;

/** How many images or latents the memory of a run holds in all. */
export function memoryCapacity({ scenario, memoryPerClass }: Pick<RunConfig, 'scenario' | 'memoryPerClass'>): number {
  return memoryPerClass * scenarios[scenario].classCount;
}

/** The bytes of a full memory, by what it keeps. Labels and tasks are the same for all and not counted. */
interface MemoryBytes {
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
 * The bytes of a hybrid run's memory, and of a memory of as many images.
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

/** The bytes of the autoencoder, without which the latents of a hybrid run are of no use. */
export function autoencoderBytes({ scenario, aeFilters }: MemoryConfig): {
  readonly parameters: number;
  readonly bytes: number;
} {
  const { parameters, statistics } = autoencoderSize({
    imageShape: scenarios[scenario].imageShape,
    filters: aeFilters,
  });
  return { parameters, bytes: (parameters + statistics) * floatBytes };
}
