import type { ScoreName } from '../../engine/config.ts';

/** Algorithm 1 of the paper (section 3.1), line by line. */
export const virtualStepTex = String.raw`\theta_v = \theta - \alpha\,\nabla L(\theta;\,\text{incoming})`;

export const scoreTex: Readonly<Record<ScoreName, string>> = {
  mi1: String.raw`s_{\text{MI-1}} = l(\theta_v) - l(\theta)`,
  mi2: String.raw`s_{\text{MI-2}} = l(\theta_v) - \min\bigl(l(\theta),\,l^{*}\bigr)`,
};

export const realStepTex = String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}} + \nabla L_{\text{mem}})`;

/** The update of a method that replays nothing, or where there is nothing to replay yet. */
export const plainStepTex = String.raw`\theta \leftarrow \theta - \alpha\,\nabla L_{\text{in}}`;
