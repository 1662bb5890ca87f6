import type { RunConfig, SettingName } from '../config.ts';
import type { MethodName } from '../methods.ts';
import { scenarios } from '../scenarios.ts';
import { generativeText, hybridText } from './decoded.ts';

/** What a script needs for one method, beside the parts that all share. */
export interface MethodText {
  /** What a memory keeps of each image, in words; null for methods without one. */
  readonly keeps: string | null;
  /** Modules of the standard library, beside those that the other parts need. */
  readonly imports: readonly string[];
  /** Names imported from torch.nn.functional. */
  readonly functions: readonly string[];
  /** Its networks and `accuracy`, where the network is not the classifier of the dataset, learning by plain steps. */
  readonly networks?: string;
  /** A network of its own beside the classifier of the dataset, of that one's parts. */
  readonly coder?: string;
  /** The settings that it uses, beside those of the stream, and of a dataset's classifier and its steps. */
  readonly settings: readonly SettingName[];
  /** The class `Learner`, with `observe(x, y, task)` for each batch, or with `learn`. */
  readonly learner: string;
  /** What it is given: batches; those and in `end_task(x, y)` a task's images when it ends; or whole tasks to `learn`. */
  readonly feeds: 'batches' | 'batches and ends' | 'tasks';
  /** What names images: the network, or where it is not its answers alone that count more. */
  readonly answers: 'learner.net' | 'learner' | 'nn.Sequential(learner.coder, learner.net)';
}

const start = `class Learner:
    def __init__(self):
        self.net = network()
        self.sgd = torch.optim.SGD(self.net.parameters(), LEARNING_RATE)`;

const plain: MethodText = {
  keeps: null,
  imports: [],
  functions: ['cross_entropy'],
  settings: [],
  feeds: 'batches',
  answers: 'learner.net',
  learner: `${start}
    def observe(self, x, y, task):
        for _ in range(ITERATIONS):
            self.sgd.zero_grad()
            cross_entropy(self.net(x), y).backward()
            self.sgd.step()`,
};

const withMemory = `class Learner:
    def __init__(self):
        self.net, self.memory = network(), Memory()
        self.sgd = torch.optim.SGD(self.net.parameters(), LEARNING_RATE)`;

/** Which candidates are replayed. */
const mostHurt = (score: RunConfig['retrievalScore']) => `    @torch.no_grad()
    def most_hurt(self, entries):  # those that the coming step hurts most; it is taken on a copy
        x, y, copied = column(entries, 0), column(entries, 1), copy.deepcopy(self.net)
        before = cross_entropy(copied(x), y, reduction="none")
        for virtual, real in zip(copied.parameters(), self.net.parameters()):
            virtual -= LEARNING_RATE * real.grad
        after = cross_entropy(copied(x), y, reduction="none")
${
  score === 'mi1'
    ? '        scores = after - before  # MI-1'
    : `        for entry, loss in zip(entries, before):
            entry[3] = entry[3].minimum(loss)
        scores = after - column(entries, 3)  # MI-2: against the lowest loss that each has had`
}
        return [entries[i] for i in scores.topk(min(BUDGET, len(entries))).indices]`;

/** One of experience replay's relatives. */
interface Replay {
  readonly mir: boolean;
  /** Whether memories of the current task are drawn, too. */
  readonly drawsCurrentTask: boolean;
  /** Whether the memory keeps the logits of the time of insertion, last of all. */
  readonly keepsLogits: boolean;
  /** Whether classes that came and are not in the batch are left out of its loss. */
  readonly hidesAbsent: boolean;
  /** The loss of each draw, whose entries have this name. */
  readonly terms: readonly ((drawn: string) => string)[];
  readonly functions: readonly string[];
  readonly settings: readonly SettingName[];
}

const labels = (drawn: string) => `cross_entropy(self.net(column(${drawn}, 0)), column(${drawn}, 1))`;

/** The lines that draw and learn memories, after the gradient of the incoming batch. */
function replayLines({ mir, drawsCurrentTask, terms }: Replay): readonly string[] {
  const choose = (entries: string) => (mir ? `self.most_hurt(${entries})` : `${entries}[:BUDGET]`);
  const learn = (term: string) => `    ${term}.backward()  # gradients add up`;
  if (!drawsCurrentTask) {
    const draw = 'entries = self.memory.draw(CANDIDATES, but=task)';
    return [draw, 'if entries:', `    drawn = ${choose('entries')}`, ...terms.map((term) => learn(term('drawn')))];
  }
  const chosen = choose('self.memory.draw(CANDIDATES)');
  if (terms.length === 1)
    return ['if self.memory:', `    drawn = ${chosen}`, ...terms.map((term) => learn(term('drawn')))];
  const names = ['one', 'other'];
  return [
    'if self.memory:',
    `    ${names.join(', ')} = [${chosen} for _ in range(${terms.length})]`,
    ...terms.map((term, index) => learn(term(names[index]))),
  ];
}

/** Experience replay: the gradients of the batch and of each draw are added up, and one step takes them all. */
function replay(run: RunConfig, rule: Replay): MethodText {
  const { mir, keepsLogits, hidesAbsent } = rule;
  const best = mir && run.retrievalScore === 'mi2';
  const logits = keepsLogits || hidesAbsent ? 'logits' : 'self.net(x)';
  const each = best && !hidesAbsent;
  const seen = hidesAbsent ? 'logits.index_fill(1, absent, -1e9)' : logits;
  const loss = [
    ...(logits === 'logits' ? ['logits = self.net(x)'] : []),
    ...(each
      ? [`losses = cross_entropy(${seen}, y, reduction="none")`, 'losses.mean().backward()']
      : [`cross_entropy(${seen}, y).backward()`]),
  ];
  const losses = each ? 'losses' : 'cross_entropy(logits, y, reduction="none")';
  const kept = [
    ['image', 'x'],
    ['label', 'y'],
    ['task', '[task] * len(x)'],
    ...(best ? [['lowest loss', `${losses}.detach()`]] : []),
    ...(keepsLogits ? [['logits', 'logits.detach()']] : []),
  ];
  const absent = 'absent = torch.tensor(sorted(self.seen - {*y.tolist()})).long()  # they do not compete in its loss';
  const body = [
    ...(hidesAbsent ? ['self.seen |= {*y.tolist()}', absent] : []),
    'for _ in range(ITERATIONS):',
    ...['self.sgd.zero_grad()', ...loss, ...replayLines(rule), 'self.sgd.step()'].map((line) => `    ${line}`),
    `self.memory.add(${kept.map(([, value]) => value).join(', ')})`,
  ];
  return {
    keeps: kept.map(([name]) => name).join(', '),
    imports: mir ? ['copy'] : [],
    functions: rule.functions,
    settings: ['memoryPerClass', 'candidates', 'budget', ...rule.settings],
    feeds: 'batches',
    answers: 'learner.net',
    learner: `${hidesAbsent ? withMemory.replace('self.net, self.memory = network(), Memory()', 'self.net, self.memory, self.seen = network(), Memory(), set()') : withMemory}
${mir ? `${mostHurt(run.retrievalScore)}\n` : ''}    def observe(self, x, y, task):
${body.map((line) => `        ${line}`).join('\n')}`,
  };
}

const ofEr = {
  drawsCurrentTask: false,
  keepsLogits: false,
  hidesAbsent: false,
  terms: [labels],
  functions: ['cross_entropy'],
  settings: [],
} as const;
const ofAce = { ...ofEr, drawsCurrentTask: true, hidesAbsent: true } as const;

/** Buzzega et al. 2020; the squared error is a mean over classes, as PyTorch's is. */
const ofDer = {
  ...ofEr,
  drawsCurrentTask: true,
  keepsLogits: true,
  terms: [(drawn: string) => `(DER_ALPHA * mse_loss(self.net(column(${drawn}, 0)), column(${drawn}, -1)))`],
  functions: ['cross_entropy', 'mse_loss'],
  settings: ['derAlpha'],
} as const;
const ofDerPlus = {
  ...ofDer,
  terms: [...ofDer.terms, (drawn: string) => `(DER_BETA * ${labels(drawn)})`],
  settings: ['derAlpha', 'derBeta'],
} as const;

/** Chaudhry et al. 2019, equation 11. The draw's statistics do not move the network's own, so it goes through a copy. */
const aGem: MethodText = {
  keeps: 'image, label, task',
  imports: ['copy'],
  functions: ['cross_entropy'],
  settings: ['memoryPerClass', 'budget'],
  feeds: 'batches',
  answers: 'learner.net',
  learner: `${withMemory}
    def project(self, x, y):
        """Takes from the gradient what points against the gradient on a draw from the memory."""
        copied = copy.deepcopy(self.net)
        cross_entropy(copied(x), y).backward()
        pairs = [(w.grad, c.grad) for w, c in zip(self.net.parameters(), copied.parameters())]
        product = sum((own * drawn).sum() for own, drawn in pairs)
        if product < 0:
            square = sum((drawn * drawn).sum() for _, drawn in pairs)
            for own, drawn in pairs:
                own -= product / square * drawn
    def observe(self, x, y, task):
        for _ in range(ITERATIONS):
            self.sgd.zero_grad()
            cross_entropy(self.net(x), y).backward()
            if self.memory:
                entries = self.memory.draw(BUDGET)
                self.project(column(entries, 0), column(entries, 1))
            self.sgd.step()
        self.memory.add(x, y, [task] * len(x))`,
};

/** Lopez-Paz & Ranzato 2017; the dual problem is solved one entry at a time. */
const gem = ({ scenario }: RunConfig): MethodText => ({
  keeps: null,
  imports: ['copy'],
  functions: ['cross_entropy'],
  settings: ['memoryPerClass'],
  feeds: 'batches',
  answers: 'learner.net',
  learner: `${start}
        self.memory = {}  # the latest images and labels of each task
    def gradient(self, x, y):
        copied = copy.deepcopy(self.net)
        cross_entropy(copied(x), y).backward()
        return torch.cat([w.grad.flatten() for w in copied.parameters()])
    def weights(self, past, own):
        """v of min 1/2 v'(GG' + 0.001 I)v + (Gg)'v with v >= 0.5, for past gradients G and g."""
        square, slopes = (past @ past.T).double() + 0.001 * torch.eye(len(past)), (past @ own).double()
        v, before = torch.full_like(slopes, 0.5), None
        while before is None or (v - before).abs().max() > 1e-6 * v.max():
            before = v.clone()
            for k in range(len(v)):
                v[k] = (v[k] - (square[k] @ v + slopes[k]) / square[k, k]).clamp(min=0.5)
        return v.float()
    def observe(self, x, y, task):
        for _ in range(ITERATIONS):
            self.sgd.zero_grad()
            cross_entropy(self.net(x), y).backward()
            past = [self.gradient(*kept) for other, kept in self.memory.items() if other != task]
            own = torch.cat([w.grad.flatten() for w in self.net.parameters()])
            if past and min(each @ own for each in past) < 0:
                own += self.weights(torch.stack(past), own) @ torch.stack(past)
                sizes = [w.numel() for w in self.net.parameters()]
                for w, part in zip(self.net.parameters(), own.split(sizes)):
                    w.grad = part.view_as(w)
            self.sgd.step()
        room, (old_x, old_y) = MEMORY // ${scenarios[scenario].splitsClasses ? 'len(TASKS)' : 'TASKS'}, self.memory.get(task, (x[:0], y[:0]))
        self.memory[task] = torch.cat([old_x, x])[-room:], torch.cat([old_y, y])[-room:]`,
});

/** Kirkpatrick et al. 2017 and Schwarz et al. 2018; the Fisher information of at most 200 images, in evaluation mode. */
const ewc: MethodText = {
  keeps: null,
  imports: [],
  functions: ['cross_entropy'],
  settings: ['ewcLambda', 'ewcGamma'],
  feeds: 'batches and ends',
  answers: 'learner.net',
  learner: `${start}
        self.weights = list(self.net.parameters())
        self.anchor = [w.detach().clone() for w in self.weights]
        self.importance = [torch.zeros_like(w) for w in self.weights]
    def observe(self, x, y, task):
        for _ in range(ITERATIONS):
            self.sgd.zero_grad()
            cross_entropy(self.net(x), y).backward()
            for w, old, omega in zip(self.weights, self.anchor, self.importance):
                w.grad += EWC_LAMBDA * omega * (w.detach() - old)  # of lambda / 2 omega (w - old)^2
            self.sgd.step()
    def end_task(self, x, y):
        """Importance: the mean square of the gradients of single images, evenly over the task."""
        self.anchor = [w.detach().clone() for w in self.weights]
        self.importance = [EWC_GAMMA * omega for omega in self.importance]
        self.net.eval()
        count = min(200, len(x))
        for i in (index * len(x) // count for index in range(count)):
            loss = cross_entropy(self.net(x[i:i + 1]), y[i:i + 1])
            for omega, gradient in zip(self.importance, torch.autograd.grad(loss, self.weights)):
                omega += gradient * gradient / count
        self.net.train()`,
};

/** Li & Hoiem 2016; the softmax over the classes of earlier tasks alone. */
const lwf: MethodText = {
  keeps: null,
  imports: ['copy'],
  functions: ['cross_entropy'],
  settings: ['lwfWeight', 'lwfTemperature'],
  feeds: 'batches and ends',
  answers: 'learner.net',
  learner: `${start}
        self.before, self.old = None, []  # the network at the end of the last task, and the classes so far
    def observe(self, x, y, task):
        for _ in range(ITERATIONS):
            self.sgd.zero_grad()
            logits = self.net(x)
            loss = cross_entropy(logits, y)
            if self.before is not None:
                with torch.no_grad():
                    answers = (self.before(x)[:, self.old] / LWF_TEMPERATURE).softmax(1)
                loss = loss + LWF_WEIGHT * cross_entropy(logits[:, self.old] / LWF_TEMPERATURE, answers)
            loss.backward()
            self.sgd.step()
    def end_task(self, x, y):
        self.before = copy.deepcopy(self.net).eval()
        self.old = sorted({*self.old, *y.tolist()})`,
};

/** Rebuffi et al. 2017: one yes or no for each class, exemplars by herding, and the nearest mean of exemplars. */
const icarl = ({ scenario }: RunConfig): MethodText => ({
  keeps: null,
  imports: ['copy'],
  functions: ['binary_cross_entropy_with_logits', 'normalize', 'one_hot'],
  settings: ['memoryPerClass', 'budget'],
  feeds: 'batches and ends',
  answers: 'learner',
  learner: `class Learner(nn.Module):
    def __init__(self):
        super().__init__()
        self.net = network()
        self.sgd = torch.optim.SGD(self.net.parameters(), LEARNING_RATE)
        self.kept = {}  # the images of each class, the most typical first
    def features(self, x):
        return torch.cat([normalize(self.net[:-1](part)) for part in x.split(500)])
    def forward(self, x):  # how near the mean of each class is
        return self.features(x) @ self.means.T
    def observe(self, x, y, task):
        old = [(image, label) for label, images in self.kept.items() for image in images]
        for _ in range(ITERATIONS):
            drawn = [old[i] for i in torch.randperm(len(old))[:BUDGET]]
            both = torch.stack([*x, *(image for image, _ in drawn)])
            targets = one_hot(torch.cat([y, torch.tensor([label for _, label in drawn]).long()]), ${scenarios[scenario].classCount}).float()
            if old:
                with torch.no_grad():
                    targets[:, [*self.kept]] = self.before(both)[:, [*self.kept]].sigmoid()
            self.sgd.zero_grad()
            (binary_cross_entropy_with_logits(self.net(both), targets, reduction="sum") / len(both)).backward()
            self.sgd.step()
    @torch.no_grad()
    def end_task(self, x, y):
        self.before = copy.deepcopy(self.net.eval()).forward
        share = MEMORY // len({*self.kept, *y.tolist()})
        self.kept = {label: images[:share] for label, images in self.kept.items()}
        for label in y.unique().tolist():
            own, picked = x[y == label], []
            features = self.features(own)
            for n in range(1, min(share, len(own)) + 1):  # herding: the mean of the first n is near that of all
                far = (features.mean(0) - (features[picked].sum(0) + features) / n).norm(dim=1)
                far[picked] = torch.inf
                picked.append(far.argmin().item())
            self.kept[label] = own[picked]
        self.means = torch.zeros(${scenarios[scenario].classCount}, features.shape[1])
        for label, images in self.kept.items():
            self.means[label] = normalize(self.features(images).mean(0), dim=0)
        self.train()`,
});

/** The text of a method. */
export function methodText(run: RunConfig): MethodText {
  const texts: Record<MethodName, () => MethodText> = {
    'fine-tune': () => plain,
    'iid-online': () => plain,
    'iid-offline': () => plain,
    er: () => replay(run, { ...ofEr, mir: false }),
    'er-mir': () => replay(run, { ...ofEr, mir: true }),
    der: () => replay(run, { ...ofDer, mir: false }),
    'der-pp': () => replay(run, { ...ofDerPlus, mir: false }),
    'der-pp-mir': () => replay(run, { ...ofDerPlus, mir: true }),
    'er-ace': () => replay(run, { ...ofAce, mir: false }),
    'er-ace-mir': () => replay(run, { ...ofAce, mir: true }),
    gem: () => gem(run),
    icarl: () => icarl(run),
    'a-gem': () => aGem,
    ewc: () => ewc,
    lwf: () => lwf,
    gen: () => generativeText(run),
    'gen-mir': () => generativeText(run),
    'ae-er': () => hybridText(false),
    'ae-mir': () => hybridText(true),
  };
  return texts[run.method]();
}
