import type { RunConfig, SettingName } from '../config.ts';
import type { MethodName } from '../methods.ts';
import { scenarios } from '../scenarios.ts';

/** What a script needs for one method, beside the parts that all share. */
export interface MethodText {
  /** What a memory keeps of each image, in words; null for methods without one. */
  readonly keeps: string | null;
  /** Modules of the standard library, beside those that the other parts need. */
  readonly imports: readonly string[];
  /** Names imported from torch.nn.functional. */
  readonly functions: readonly string[];
  /** The settings that it uses, beside those of stream, network and steps. */
  readonly settings: readonly SettingName[];
  /** The class `Learner`, with `observe(x, y, task)` for each batch. */
  readonly learner: string;
  /** Whether it has `end_task(x, y)`, for the images of a task when it ends. */
  readonly endsTasks: boolean;
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
  endsTasks: false,
  learner: `${start}
    def observe(self, x, y, task):
        for _ in range(ITERATIONS):
            self.sgd.zero_grad()
            cross_entropy(self.net(x), y).backward()
            self.sgd.step()`,
};

const withMemory = `${start}
        self.memory = Memory()`;

/** Which candidates are replayed. */
const mostHurt = (score: RunConfig['retrievalScore']) => `    @torch.no_grad()
    def most_hurt(self, entries):
        """Those that the coming step hurts most. It is taken on a copy, which is thrown away."""
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

const keptBest = 'image, label, task, lowest loss';

function er({ retrievalScore }: RunConfig, mir: boolean): MethodText {
  const best = mir && retrievalScore === 'mi2';
  return {
    keeps: best ? keptBest : 'image, label, task',
    imports: mir ? ['copy'] : [],
    functions: ['cross_entropy'],
    settings: ['memoryPerClass', 'candidates', 'budget'],
    endsTasks: false,
    learner: `${withMemory}
${mir ? `${mostHurt(retrievalScore)}\n` : ''}    def observe(self, x, y, task):
        for _ in range(ITERATIONS):
            self.sgd.zero_grad()
            ${best ? 'losses = cross_entropy(self.net(x), y, reduction="none")\n            losses.mean()' : 'cross_entropy(self.net(x), y)'}.backward()
            entries = self.memory.draw(CANDIDATES, but=task)
            if entries:
                entries = ${mir ? 'self.most_hurt(entries)' : 'entries[:BUDGET]'}
                replayed = cross_entropy(self.net(column(entries, 0)), column(entries, 1))
                replayed.backward()  # this gradient is added to the other
            self.sgd.step()
        self.memory.add(x, y, [task] * len(x)${best ? ', losses.detach()' : ''})`,
  };
}

/** Chaudhry et al. 2019, equation 11. The draw's statistics do not move the network's own, so it goes through a copy. */
const aGem: MethodText = {
  keeps: 'image, label, task',
  imports: ['copy'],
  functions: ['cross_entropy'],
  settings: ['memoryPerClass', 'budget'],
  endsTasks: false,
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
  endsTasks: false,
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
  endsTasks: true,
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
  endsTasks: true,
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

/** The text of a method; null where it would not fit into a short script. */
export function methodText(run: RunConfig): MethodText | null {
  const texts: Partial<Record<MethodName, () => MethodText>> = {
    'fine-tune': () => plain,
    'iid-online': () => plain,
    'iid-offline': () => plain,
    er: () => er(run, false),
    'er-mir': () => er(run, true),
    gem: () => gem(run),
    'a-gem': () => aGem,
    ewc: () => ewc,
    lwf: () => lwf,
  };
  return texts[run.method]?.() ?? null;
}
