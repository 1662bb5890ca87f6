import { expect, it } from 'vitest';
import { measuredWords } from '../../../../src/ui/top/RunStatus.tsx';

it('says what a step took on each backend, the quickest first', () => {
  expect(
    measuredWords([
      { name: 'wasm', milliseconds: 3.04, atLeast: false },
      { name: 'webgpu', milliseconds: 0.4137, atLeast: false },
      { name: 'webgl', milliseconds: 30.2, atLeast: true },
    ]),
  ).toBe('WebGPU: 0.41 ms a step here, WASM 3 ms, WebGL more than 30 ms');
});

it('says nothing where nothing was measured', () => {
  expect(measuredWords(undefined)).toBeNull();
  expect(measuredWords([])).toBeNull();
});
