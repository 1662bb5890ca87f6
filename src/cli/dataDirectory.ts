import { fileURLToPath } from 'node:url';

/** Where the prepared MNIST files are: the static site serves them from the same place. */
export const mnistDirectory = fileURLToPath(new URL('../../public/data/mnist/', import.meta.url));
