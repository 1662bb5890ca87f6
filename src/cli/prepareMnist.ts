import { findMnistPackage, writeMnist } from './data/mnist.ts';
import { prepareData } from './prepareData.ts';

await prepareData('mnist', async (directory, force) => writeMnist(await findMnistPackage(), directory, force));
