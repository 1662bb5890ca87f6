import { describe, expect, it } from 'vitest';
import { autoencoderBytes, memoryBytes } from '../../../src/core/memoryBytes.ts';
import { paperRows } from '../../../src/core/paperTable.ts';

const figure4Rows = paperRows.filter(({ table }) => table === 'figure-4');
const [{ config }] = figure4Rows;

describe('the bytes of a memory', () => {
  it('of Figure 4: 320 floats for a latent, 3,072 numbers for an image', () => {
    const sizes = [...new Map(figure4Rows.map((row) => [row.config.memoryPerClass, memoryBytes(row.config)])).values()];
    expect(sizes).toEqual([
      { capacity: 1_000, latents: 1_280_000, imagesAsBytes: 3_072_000, imagesAsFloats: 12_288_000 },
      { capacity: 5_000, latents: 6_400_000, imagesAsBytes: 15_360_000, imagesAsFloats: 61_440_000 },
      { capacity: 10_000, latents: 12_800_000, imagesAsBytes: 30_720_000, imagesAsFloats: 122_880_000 },
    ]);
    // 44,160 parameters, and a mean and a variance for each channel of twelve normalisations.
    expect(autoencoderBytes(config)).toEqual({ parameters: 44_160, bytes: 4 * (44_160 + 2 * 12 * 20) });
  });

  it('follows the size of the autoencoder', () => {
    expect(memoryBytes({ ...config, memoryPerClass: 1, aeFilters: 5 })).toEqual({
      capacity: 10,
      latents: 3_200,
      imagesAsBytes: 30_720,
      imagesAsFloats: 122_880,
    });
  });

  it('is refused for images that no autoencoder fits', () => {
    expect(() => memoryBytes({ ...config, scenario: 'split-miniimagenet' })).toThrow(/84 × 84/);
  });
});
