import { expect, it } from 'vitest';
import packageJson from '../../../package.json' with { type: 'json' };
import { engineVersion } from '../../../src/engine/version.ts';

it('is the version in package.json', () => {
  expect(engineVersion).toBe(packageJson.version);
});
