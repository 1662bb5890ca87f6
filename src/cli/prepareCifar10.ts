import { prepareData } from './prepareData.ts';
import { writeCifar10 } from './writeCifar10.ts';

await prepareData('cifar10', (directory, force) => writeCifar10(directory, { force, onProgress: (line) => console.log(line) }));
