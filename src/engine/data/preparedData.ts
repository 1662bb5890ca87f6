/** A dataset that a script prepares, so that page and command line can read it. */
export interface PreparedData {
  /** For people. */
  readonly title: string;
  /** The npm script that writes it to `public/data/NAME/`. */
  readonly script: string;
  /** What else a viewer can do where a site does not hold it: a sentence, or empty. */
  readonly otherwise: string;
}

/** The datasets that scripts prepare, by name; each lies in a folder of the same name. */
export const preparedData = {
  mnist: { title: 'MNIST', script: 'data:mnist', otherwise: '' },
  cifar10: {
    title: 'CIFAR-10',
    script: 'data:cifar10',
    otherwise: 'Or open your own copy of cifar-10-binary.tar.gz.',
  },
} as const satisfies Record<string, PreparedData>;

export type PreparedName = keyof typeof preparedData;
