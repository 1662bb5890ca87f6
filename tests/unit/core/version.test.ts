import { expect, it } from 'vitest';
import packageJson from '../../../package.json';
import { engineVersion } from '../../../src/core/storedRun.ts';

it('is the version in package.json', () => {
  expect(engineVersion).toBe(packageJson.version);
});
