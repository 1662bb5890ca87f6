import { writeCifar10 } from './data/cifar10.ts';
import { prepareData } from './prepareData.ts';

await prepareData('cifar10', (directory, force) =>
  writeCifar10(directory, { force, onProgress: (line) => console.log(line) }),
);
