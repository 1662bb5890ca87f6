import type { GenerativeSettings } from '../../engine/generativeSettings.ts';

/** The network for which latents climb: the classifier, if both do; null where every weight of the objective is 0. */
export function ascendingNetwork(settings: GenerativeSettings): 'classifier' | 'generator' | null {
  const { clsInterference, clsEntropy, clsDiversity, clsShell } = settings;
  if (clsInterference + clsEntropy + clsDiversity + clsShell > 0) return 'classifier';
  const { genReconstruction, genKl, genEntropy, genDiversity, genShell } = settings;
  return genReconstruction + genKl + genEntropy + genDiversity + genShell > 0 ? 'generator' : null;
}
