import { cp, rename, rm, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { mnistChunks, planChunks, readPrepared, writeDataset } from '../../src/cli/data/preparedFiles.ts';
import { firstTestImages } from '../unit/firstTestImages.ts';

/**
 * Makes the site that most page tests visit: the built one with the first 1,000 of MNIST's test images, as its own
 * preparation cuts them. Every task of every lane ends with an evaluation on all test images, which would take a fifth of
 * the tests' time.
 */
const testImages = 1_000;

const folderOf = (path: string) => fileURLToPath(new URL(`../../${path}/`, import.meta.url));
const site = folderOf('test-results/small-site');
const timeOf = (folder: string) => stat(`${folder}index.html`).then(({ mtimeMs }) => mtimeMs);
// It may be there already, from an earlier stage of `npm test`.
if ((await timeOf(site).catch(() => 0)) > (await timeOf(folderOf('dist')))) process.exit();
const unfinished = folderOf('test-results/small-site.new');
await rm(unfinished, { recursive: true, force: true });
await cp(folderOf('dist'), unfinished, { recursive: true });

const dataset = firstTestImages(await readPrepared('mnist', folderOf('dist/data/mnist')), testImages);
const halves = { train: dataset.train.labels, test: dataset.test.labels };
const source = `the first ${testImages} test images`;
await writeDataset(dataset, source, planChunks(source, halves, mnistChunks), `${unfinished}data/mnist`);
await rm(site, { recursive: true, force: true });
await rename(unfinished, site);
