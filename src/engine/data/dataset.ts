/** Images of one half of a dataset, as bytes. */
export interface ImageSet {
  readonly count: number;
  /** One class index per image; length `count`. */
  readonly labels: Uint8Array;
  /** `count` images one after another, each row-major [height, width, channel], 0 … 255. */
  readonly pixels: Uint8Array;
}

/** A labelled image dataset. The test half is only ever evaluated on. */
export interface Dataset {
  readonly name: string;
  /** Height, width, channels. */
  readonly imageShape: readonly [number, number, number];
  readonly classNames: readonly string[];
  readonly train: ImageSet;
  readonly test: ImageSet;
}

/** Numbers in one image. */
export function imageSize(dataset: Pick<Dataset, 'imageShape'>): number {
  const [height, width, channels] = dataset.imageShape;
  return height * width * channels;
}
