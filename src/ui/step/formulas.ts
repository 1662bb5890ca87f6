import type { ScoreName } from '../../engine/config.ts';

/** Algorithm 1 of the paper (section 3.1), line by line. The virtual step is every method's that has one. */
export const virtualStepTex = String.raw`\theta_v = \theta - \alpha\,\nabla L(\theta;\,\text{incoming})`;

export const scoreTex: Readonly<Record<ScoreName, string>> = {
  mi1: String.raw`s_{\text{MI-1}} = l(\theta_v) - l(\theta)`,
  mi2: String.raw`s_{\text{MI-2}} = l(\theta_v) - \min\bigl(l(\theta),\,l^{*}\bigr)`,
};

export const realStepTex = String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}} + \nabla L_{\text{mem}})`;

/** The update of a method that replays nothing, or where there is nothing to replay yet. */
export const plainStepTex = String.raw`\theta \leftarrow \theta - \alpha\,\nabla L_{\text{in}}`;

/** What latents climb for the classifier's replay (section 3.2): interference, and certainty of the answers before this task; diversity and shell are left out here. */
export const classifierAscentTex = String.raw`\max_z\ \mathrm{KL}(f_v\,\|\,f_{\text{old}}) - H(f_{\text{old}})`;

/** What latents climb for the generator's replay (section 3.2). */
export const generatorAscentTex = String.raw`\max_z\ \mathrm{ELBO}_{\text{old}}(x) - \mathrm{ELBO}_v(x)`;

/** What latents climb in hybrid replay (Algorithm 3). */
export const hybridAscentTex = String.raw`\max_z\ \mathrm{KL}(f_v\,\|\,f_{\text{old}}) - H(f_v) - H(f_{\text{old}})`;

/** The update of both networks of generative replay; λ is the weight of replay. */
export const generativeStepTex = String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}} + \lambda \nabla L_{\text{rep}})`;

/** The classifier's loss in hybrid replay; s is the share of replay, n how many images there are in all. */
export const hybridStepTex = String.raw`\tfrac{1}{n}\bigl(s \textstyle\sum L_{\text{mem}} + (1 - s) \sum L_{\text{in}}\bigr)`;
