import { findMnistPackage } from './mnistSource.ts';
import { prepareData } from './prepareData.ts';
import { writeMnist } from './writeMnist.ts';

await prepareData('mnist', async (directory, force) => writeMnist(await findMnistPackage(), directory, force));
