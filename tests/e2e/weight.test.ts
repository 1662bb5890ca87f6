import { gzipSync } from 'node:zlib';
import { expect, test } from './labTest.ts';

/** Bytes that a visitor waits for before any data comes. */
const allowed = 1_000_000;

test('a first visit loads less than a megabyte before data, without licence texts, which lie beside', async ({
  lab,
  page,
}) => {
  const bodies: Promise<{ readonly path: string; readonly body: Buffer }>[] = [];
  page.on('response', (response) => {
    const path = new URL(response.url()).pathname;
    if (response.ok() && !path.includes('/data/')) bodies.push(response.body().then((body) => ({ path, body })));
  });
  await lab.open();
  const loaded = await Promise.all(bodies);
  const sizes = loaded.map(({ path, body }) => ({ path, bytes: gzipSync(body).length }));
  // A page that loads next to nothing would be none.
  expect(sizes.filter(({ path }) => path.endsWith('.js')).length).toBeGreaterThan(3);
  expect(sizes.filter(({ path }) => path.endsWith('.wasm'))).toHaveLength(1);
  expect(sizes.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(allowed);

  const licensed = loaded.filter(({ path, body }) => path.endsWith('.js') && body.includes('@license'));
  expect(licensed.map(({ path }) => path)).toEqual([]);
  const licenses = await (await page.request.get(new URL('licenses.txt', page.url()).href)).text();
  for (const name of ['react-dom', '@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm', 'katex', 'recharts'])
    expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.\\d+\\.\\d+ \\((MIT|Apache-2.0)\\)$`, 'm'));
});
