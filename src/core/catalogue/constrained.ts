import { type Entries, everywhere, ofDecoders, ofMemory, ofRetrieval, sequential } from './methodEntry.ts';

const turning = {
  family: 'constrained',
  retrieval: null,
  counterpart: null,
  baseline: 'er',
  scenarios: everywhere,
  stream: sequential,
  memory: 'images',
} as const;

const anchored = {
  family: 'anchored',
  retrieval: null,
  counterpart: null,
  baseline: 'er',
  companions: ['fine-tune', 'er'],
  scenarios: everywhere,
  stream: sequential,
  memory: null,
  idle: [...ofMemory, ...ofDecoders],
  paper: [],
} as const;

/**
 * Methods that hold a network back by what it was: by gradients of the past, by its old parameters or by its old
 * answers.
 *
 * The paper leaves the learning rates of GEM and iCaRL open. They were chosen on images held out of training; the
 * studies are in `src/cli/studies`, and `npm run study` repeats them. GEM's rate on Split MNIST is the scenario's own.
 *
 * So were EWC's λ and LwF's weight, on Split MNIST and on Permuted MNIST. On photographs LwF takes Split MNIST's, and EWC a
 * λ well below the largest that trains. A-GEM keeps the scenario's rate, since no other was clearly better on Split MNIST.
 */
export const constrained = {
  gem: {
    label: 'GEM',
    sentence: 'Bends each step so that, by its gradients, it hurts no earlier task: Gradient Episodic Memory.',
    ...turning,
    instead: (images) =>
      `Picks nothing to replay. It keeps the latest ${images} of each task, and where a step would raise the loss on an earlier task’s, it turns the step until it does not.`,
    companions: ['er', 'er-mir'],
    idle: [...ofRetrieval, ...ofDecoders],
    preset: { 'permuted-mnist': { learningRate: 0.2 } },
    // Lopez-Paz & Ranzato 2017, section 3, equations 6 and 8.
    flow: [
      {
        title: 'Gradients of the past',
        tex: String.raw`g_k = \nabla L(\theta;\,\text{memory of task } k)`,
        text: 'One for each earlier task.',
        shows: 'gradients',
      },
      {
        title: 'Would the step hurt?',
        tex: String.raw`\langle g_{\text{in}},\, g_k \rangle < 0`,
        text: 'Then it would raise the loss on task k.',
        shows: 'products',
      },
      {
        title: 'Turned gradient',
        tex: String.raw`\min_{\tilde g}\,\lVert \tilde g - g_{\text{in}} \rVert^2,\;\langle \tilde g, g_k \rangle \ge 0`,
        text: 'The nearest that hurts no earlier task.',
        shows: 'turned',
      },
      {
        title: 'Real step',
        tex: String.raw`\theta \leftarrow \theta - \alpha\,\tilde g`,
        text: 'Learn the new along it.',
        shows: 'losses',
      },
    ],
    paper: [
      { section: 'table-1.split-mnist', accuracy: [86.3, 1.4], forgetting: [11.2, 1.2] },
      { section: 'table-1.permuted-mnist', accuracy: [78.8, 0.4], forgetting: [3.1, 0.5] },
      { section: 'table-2.m-20', accuracy: [16.8, null] },
      { section: 'table-2.m-50', accuracy: [17.1, null] },
      { section: 'table-2.m-100', accuracy: [17.5, null] },
    ],
  },
  'a-gem': {
    label: 'A-GEM',
    sentence: 'Bends each step so that, by its gradient, it does not hurt a random draw from the memory: Averaged GEM.',
    ...turning,
    instead: (images) =>
      `Picks nothing to replay: where a step would raise the mean loss of a few ${images} drawn from its memory, it turns the step until it does not. Where classes come one after another the new still win: to do a few no harm, to first order, is not to learn the old again. Without new classes, as on Permuted MNIST, it helps.`,
    companions: ['gem', 'er'],
    idle: ['candidates', 'retrievalScore', ...ofDecoders],
    preset: {},
    // Chaudhry et al. 2019, section 4, equations 10 and 11.
    flow: [
      {
        title: 'Gradient of the past',
        tex: String.raw`g_{\text{ref}} = \nabla L(\theta;\,\text{draw from memory})`,
        text: 'One, of a random few memories.',
        shows: 'gradients',
      },
      {
        title: 'Would the step hurt?',
        tex: String.raw`\langle g_{\text{in}},\, g_{\text{ref}} \rangle < 0`,
        text: 'Then it would raise their mean loss.',
        shows: 'products',
      },
      {
        title: 'Turned gradient',
        tex: String.raw`\tilde g = g_{\text{in}} - \frac{\langle g_{\text{in}}, g_{\text{ref}} \rangle}{\langle g_{\text{ref}}, g_{\text{ref}} \rangle}\, g_{\text{ref}}`,
        text: 'The nearest that does not hurt them.',
        shows: 'turned',
      },
      {
        title: 'Real step',
        tex: String.raw`\theta \leftarrow \theta - \alpha\,\tilde g`,
        text: 'Learn the new along it.',
        shows: 'losses',
      },
    ],
    paper: [],
  },
  ewc: {
    label: 'EWC',
    sentence: 'Holds each weight near its old value, the more so the more it mattered: Elastic Weight Consolidation.',
    ...anchored,
    instead: (images) =>
      `Keeps no ${images}: it pulls each weight back to its old value, by how much it mattered. Where classes come one after another the new still win: no image sets a new class against an old one. Without new classes, as on Permuted MNIST, it slows forgetting a little.`,
    own: ['ewcLambda', 'ewcGamma'],
    // Split MNIST's 10 makes the ResNet's steps grow without end.
    preset: { 'split-cifar10': { ewcLambda: 0.1 }, 'split-miniimagenet': { ewcLambda: 0.1 } },
    // Kirkpatrick et al. 2017, equation 3; Schwarz et al. 2018, section 3.1.
    flow: [
      {
        title: 'Importance',
        tex: String.raw`\Omega \leftarrow \gamma\,\Omega + \tfrac{1}{n} \textstyle\sum \bigl(\nabla \log p(y \mid x;\,\theta)\bigr)^2`,
        text: 'At each task’s end: how much every weight matters to it.',
        shows: 'importance',
      },
      {
        title: 'Penalty',
        tex: String.raw`\tfrac{\lambda}{2} \textstyle\sum_i \Omega_i\,(\theta_i - \theta^{*}_i)^2`,
        text: 'How far the weights that matter have moved since.',
        shows: 'penalty',
      },
      {
        title: 'Real step',
        tex: String.raw`\theta \leftarrow \theta - \alpha\,\bigl(\nabla L_{\text{in}} + \lambda\,\Omega\,(\theta - \theta^{*})\bigr)`,
        text: 'Learn the new, pulled back to the old.',
        shows: 'losses',
      },
    ],
  },
  lwf: {
    label: 'LwF',
    sentence: 'Learns the new while giving the answers that the network gave before: Learning without Forgetting.',
    ...anchored,
    instead: (images) =>
      `Keeps no ${images}: it answers the incoming ones as the network before this task did, among the classes seen before. Where classes come one after another the new still win: the labels teach it never to name an old class. Without new classes, as on Permuted MNIST, it helps.`,
    own: ['lwfWeight', 'lwfTemperature'],
    preset: { 'permuted-mnist': { lwfWeight: 1 } },
    // Li & Hoiem 2016, equations 2 and 3.
    flow: [
      {
        title: 'Old answers',
        tex: String.raw`q = \operatorname{softmax}\bigl(f(x;\,\theta_{\text{old}}) / T\bigr)`,
        text: 'What the network before this task says to the new images, softened.',
        shows: 'answers',
      },
      {
        title: 'Distillation',
        tex: String.raw`L_{\text{old}} = -\textstyle\sum_{c\,\text{old}} q_c \log p_c`,
        text: 'How far the answers are from those, among the classes seen before.',
        shows: 'distilled',
      },
      {
        title: 'Real step',
        tex: String.raw`\theta \leftarrow \theta - \alpha\,(\nabla L_{\text{in}} + \lambda \nabla L_{\text{old}})`,
        text: 'Learn the labels and the old answers together.',
        shows: 'losses',
      },
    ],
  },
  icarl: {
    label: 'iCaRL',
    sentence: 'Keeps the most typical images of each class, and names a new image by the class whose mean is nearest.',
    family: 'exemplars',
    retrieval: null,
    instead: (images) =>
      `Keeps the most typical ${images} of each class and learns a random few of them with every batch, so that old classes keep their old answers. It names an image by the class whose mean is nearest.`,
    counterpart: null,
    baseline: 'er',
    companions: ['er', 'er-mir'],
    // It learns classes that it has not seen before; Permuted MNIST brings no new ones after its first task.
    scenarios: ['split-mnist', 'split-cifar10', 'split-miniimagenet'],
    stream: sequential,
    memory: 'images',
    idle: ['candidates', 'retrievalScore', ...ofDecoders],
    preset: {
      'split-mnist': { iterations: 5 },
      'split-cifar10': { iterations: 5, learningRate: 0.03 },
      'split-miniimagenet': { iterations: 5 },
    },
    // Rebuffi et al. 2017, algorithms 1 and 3.
    flow: [
      {
        title: 'Kept images',
        tex: String.raw`P_1, \ldots, P_t`,
        text: 'A random few of each old class’s most typical images come along.',
        shows: 'exemplars',
      },
      {
        title: 'Answers to learn',
        tex: String.raw`q_c = \sigma\bigl(f_c(x;\,\theta_{\text{old}})\bigr)`,
        text: 'Old classes: what the network answered before this task. New ones: the label.',
        shows: 'answers',
      },
      {
        title: 'Real step',
        tex: String.raw`\theta \leftarrow \theta - \alpha\,\nabla \mathrm{BCE}(\theta;\,q)`,
        text: 'One yes or no for each class.',
        shows: 'losses',
      },
      {
        title: 'Naming an image',
        tex: String.raw`\hat y = \arg\min_c \lVert \varphi(x) - \mu_c \rVert`,
        text: 'The class whose kept images are nearest in the mean.',
      },
    ],
    paper: [
      { section: 'table-2.m-20', accuracy: [28.6, null] },
      { section: 'table-2.m-50', accuracy: [33.7, null] },
      { section: 'table-2.m-100', accuracy: [32.4, null] },
    ],
  },
} as const satisfies Entries;
