import { methods } from '../../core/methods.ts';

/** The formulas of the training steps, in TeX. The page imports them with `?typeset`, and gets them as HTML. */
const named = {
  /** Algorithm 1 of the paper (section 3.1), line by line. The virtual step is every method's that has one. */
  virtualStep: String.raw`\theta_v = \theta - \alpha\,\nabla L(\theta;\,\text{incoming})`,
  mi1: String.raw`s_{\text{MI-1}} = l(\theta_v) - l(\theta)`,
  mi2: String.raw`s_{\text{MI-2}} = l(\theta_v) - \min\bigl(l(\theta),\,l^{*}\bigr)`,
  realStep: String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}} + \nabla L_{\text{mem}})`,
  /** The update of a method that replays nothing, or where there is nothing to replay yet. */
  plainStep: String.raw`\theta \leftarrow \theta - \alpha\,\nabla L_{\text{in}}`,
  /** What latents climb for the classifier's replay (section 3.2): interference, and certainty of the answers before this task; diversity and shell are left out here. */
  classifierAscent: String.raw`\max_z\ \mathrm{KL}(f_v\,\|\,f_{\text{old}}) - H(f_{\text{old}})`,
  /** What latents climb for the generator's replay (section 3.2). */
  generatorAscent: String.raw`\max_z\ \mathrm{ELBO}_{\text{old}}(x) - \mathrm{ELBO}_v(x)`,
  /** What latents climb in hybrid replay (Algorithm 3). */
  hybridAscent: String.raw`\max_z\ \mathrm{KL}(f_v\,\|\,f_{\text{old}}) - H(f_v) - H(f_{\text{old}})`,
  /** The update of both networks of generative replay; λ is the weight of replay. */
  generativeStep: String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}} + \lambda \nabla L_{\text{rep}})`,
  /** The classifier's loss in hybrid replay; s is the share of replay, n how many images there are in all. */
  hybridStep: String.raw`\tfrac{1}{n}\bigl(s \textstyle\sum L_{\text{mem}} + (1 - s) \sum L_{\text{in}}\bigr)`,
} as const;

/** A formula above, or one of a method's own (core/catalogue/), which is its own name. */
export const formulas: Readonly<Record<string, string>> = {
  ...named,
  ...Object.fromEntries(
    Object.values(methods)
      .flatMap(({ flow, realStep }) => [...(typeof flow === 'string' ? [] : flow), ...(realStep ? [realStep] : [])])
      .map(({ tex }) => [tex, tex]),
  ),
};

export type FormulaName = keyof typeof named;
