/** One part of a step: what happens, as a formula and in words. */
export interface FlowPart {
  readonly title: string;
  readonly tex: string;
  readonly text: string;
}

/** One step of the methods that keep old images but retrieve none, after the incoming batch has come. */
export const methodFlows: Readonly<Record<'gem' | 'icarl', readonly FlowPart[]>> = {
  // Lopez-Paz & Ranzato 2017, section 3, equations 6 and 8.
  gem: [
    {
      title: 'Gradients of the past',
      tex: String.raw`g_k = \nabla L(\theta;\,\text{memory of task } k)`,
      text: 'One for each earlier task.',
    },
    {
      title: 'Would the step hurt?',
      tex: String.raw`\langle g_{\text{in}},\, g_k \rangle < 0`,
      text: 'Then it would raise the loss on task k.',
    },
    {
      title: 'Turned gradient',
      tex: String.raw`\min_{\tilde g}\,\lVert \tilde g - g_{\text{in}} \rVert^2,\;\langle \tilde g, g_k \rangle \ge 0`,
      text: 'The nearest that hurts no earlier task.',
    },
    { title: 'Real step', tex: String.raw`\theta \leftarrow \theta - \alpha\,\tilde g`, text: 'Learn the new along it.' },
  ],
  // Rebuffi et al. 2017, algorithms 1 and 3.
  icarl: [
    {
      title: 'Kept images',
      tex: String.raw`P_1, \ldots, P_t`,
      text: 'A random few of each old class’s most typical images come along.',
    },
    {
      title: 'Answers to learn',
      tex: String.raw`q_c = \sigma\bigl(f_c(x;\,\theta_{\text{old}})\bigr)`,
      text: 'Old classes: what the network answered before this task. New ones: the label.',
    },
    {
      title: 'Real step',
      tex: String.raw`\theta \leftarrow \theta - \alpha\,\nabla \mathrm{BCE}(\theta;\,q)`,
      text: 'One yes or no for each class.',
    },
    {
      title: 'Naming an image',
      tex: String.raw`\hat y = \arg\min_c \lVert \varphi(x) - \mu_c \rVert`,
      text: 'The class whose kept images are nearest in the mean.',
    },
  ],
};
