import { cifar10ClassNames } from './cifar10.ts';

const plane = 1_024;
const recordBytes = 1 + 3 * plane;

/** Where the images of a batch go. */
export interface BatchPlaces {
  /** One for each image of the batch. */
  readonly labels: Uint8Array;
  /** 3,072 numbers for each image. */
  readonly pixels: Uint8Array;
  /** Set to 1 for each image that is whole. */
  readonly filled: Uint8Array;
}

/**
 * One batch of CIFAR-10's binary version as its bytes arrive: records of a label and 3,072 pixels, 1,024 red,
 * then green, then blue, each row by row (https://www.cs.toronto.edu/~kriz/cifar.html). Images are turned to
 * [height, width, channel]. Record k fills place k; one with an impossible label leaves its place empty.
 */
export class Cifar10Batch {
  readonly #places: BatchPlaces;
  readonly #record = new Uint8Array(recordBytes);
  /** Bytes of the record that is under way. */
  #fill = 0;
  #bytes = 0;
  readonly #wrongLabels: number[] = [];

  constructor(places: BatchPlaces) {
    this.#places = places;
  }

  /** Bytes so far. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Labels that no class has, in the order of their records. */
  get wrongLabels(): readonly number[] {
    return this.#wrongLabels;
  }

  /** Bytes that a batch of this many images has. */
  static bytesOf(images: number): number {
    return images * recordBytes;
  }

  /** Takes the next bytes; those beyond the last place are counted and dropped. */
  push(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const taken = bytes.subarray(from, from + recordBytes - this.#fill);
      this.#record.set(taken, this.#fill);
      this.#fill += taken.length;
      this.#bytes += taken.length;
      from += taken.length;
      if (this.#fill === recordBytes) {
        this.#place(this.#bytes / recordBytes - 1);
        this.#fill = 0;
      }
    }
  }

  #place(place: number): void {
    const { labels, pixels, filled } = this.#places;
    if (place >= labels.length) return;
    const label = this.#record[0];
    if (label >= cifar10ClassNames.length) {
      this.#wrongLabels.push(label);
      return;
    }
    labels[place] = label;
    filled[place] = 1;
    let to = place * 3 * plane;
    for (let pixel = 1; pixel <= plane; pixel++) {
      pixels[to++] = this.#record[pixel];
      pixels[to++] = this.#record[pixel + plane];
      pixels[to++] = this.#record[pixel + 2 * plane];
    }
  }
}
