import { describe, expect, it } from 'vitest';
import { parseBenchArguments } from '../../../src/cli/benchArguments.ts';
import { methodNames } from '../../../src/core/methods.ts';
import { subjectNames } from '../../../src/core/timing.ts';

describe('parseBenchArguments', () => {
  it('times the usual methods by themselves on wasm unless told otherwise', () => {
    // Every method that has a step of its own, and the VAE's update.
    const methods = methodNames.filter((name) => !name.startsWith('iid-'));
    expect(parseBenchArguments([])).toEqual({
      help: false,
      backend: 'wasm',
      subjects: [...methods, 'vae-update'],
      named: false,
      steps: null,
      stock: true,
      peers: false,
      json: null,
      overwrite: false,
    });
  });

  it('takes methods in the order given, each once, and all of them by one word', () => {
    expect(parseBenchArguments(['--methods', 'ae-mir, er,ae-mir', '--steps', '7', '--peers'])).toMatchObject({
      subjects: ['ae-mir', 'er'],
      named: true,
      steps: 7,
      stock: true,
      peers: true,
    });
    expect(parseBenchArguments(['--engine-only'])).toMatchObject({ stock: false, peers: false });
    expect(parseBenchArguments(['--methods', 'all']).subjects).toEqual(subjectNames);
  });

  it.each([
    [['--methods', 'er,mir'], /--methods has "mir"; allowed is "all", or some of fine-tune, er,/],
    [['--steps', '0'], /--steps is "0"; allowed is a whole number from 1 to 10000\./],
    [['--steps', '1e3'], /--steps is "1e3"/],
    [['--backend', 'webgl'], /--backend is "webgl"; allowed is one of wasm, cpu, webgpu/],
    [['--engine-only', '--peers'], /--engine-only and --peers exclude each other/],
    [['--backend', 'cpu', '--peers'], /--peers needs --backend wasm or webgpu/],
    [['er'], /"er" belongs to no flag; allowed are --backend, --methods/],
  ])('%j: says what is wrong', (argv, message) => {
    expect(() => parseBenchArguments(argv)).toThrow(message);
  });
});
