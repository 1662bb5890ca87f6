import type { RunConfig, SettingName } from '../config.ts';
import type { MethodText } from './methods.ts';

/*
 * Scripts of the methods that learn again what a decoder makes. Generative replay: a VAE and the gated classifier, both as
 * PyTorch has their parts (the paper's section 3.2 and Algorithm 2; engine/methods/gen.ts is what it repeats).
 */

const networks = `def layers(inputs, outputs):  # start as PyTorch's do: uniform in +-1 / sqrt(fan in)
    sizes = [inputs] + [VAE_HIDDEN] * VAE_DEPTH
    hidden = [nn.Sequential(nn.Linear(*pair), nn.ReLU(), nn.Dropout(VAE_DROPOUT)) for pair in zip(sizes, sizes[1:])]
    return nn.Sequential(*hidden, nn.Linear(VAE_HIDDEN, outputs))

def losses(vae, x, noise=None):  # of reconstruction, and the KL divergence: [n, 2], in nats
    centre, spread = vae[0](x).chunk(2, 1)
    variance = softplus(spread)
    z = centre + variance.sqrt() * (torch.randn_like(centre) if noise is None else noise)
    pixels = binary_cross_entropy(vae[1](z).clamp(1e-6, 1 - 1e-6), x, reduction="none")
    return torch.stack([pixels.sum(1), (variance + centre ** 2 - 1 - variance.log()).sum(1) / 2], 1)

def network():  # two gated layers: relu(W x + b) * sigmoid(V x + c), and the same without ReLU
    hidden = nn.Linear(784, 2 * HIDDEN), nn.GLU(), nn.ReLU(), nn.Dropout(GEN_DROPOUT)
    return nn.Sequential(*hidden, nn.Linear(HIDDEN, 20), nn.GLU())

@torch.no_grad()
def accuracy(net, x, y):
    return 100 * (net.eval()(x).argmax(1) == y).float().mean().item()`;

const start = `class Learner:
    def __init__(self):
        self.net, self.old, self.seen = network(), None, 0
        self.vae = nn.ModuleList([layers(784, 2 * VAE_LATENTS), nn.Sequential(layers(VAE_LATENTS, 784), nn.Sigmoid())])
        self.sgd = torch.optim.SGD(self.net.parameters(), GEN_LEARNING_RATE)
        self.adam = torch.optim.Adam(self.vae.parameters(), 0.001)`;

/** The virtual step is taken by the gradient of this batch, without dropout; a latent that is not finite goes back. */
const climb = `
    def climb(self, net, rate, loss, x, y, hurt, entropy, diversity, shell):
        """Latents that start from the prior, ten a round, and climb to what a step, taken on a copy, hurts most."""
        (old_net, old_vae), found, virtual = self.old, torch.empty(0, VAE_LATENTS), copy.deepcopy(net).eval()
        loss(virtual, x, y).backward()
        torch.optim.SGD(virtual.parameters(), rate).step()
        for start in torch.randn(REPLAY_BATCHES, 10, VAE_LATENTS):
            z = start
            for _ in range(ASCENT_STEPS):
                z = z.detach().requires_grad_()
                logits = old_net(images := old_vae[1](z))
                unsure = cross_entropy(logits, logits.softmax(1), reduction="none")
                new = ((z[:, None] - found) ** 2).mean(2).sum(1) / max(1, len(found))  # unlike those of earlier rounds
                value = hurt(virtual, images, logits.softmax(1)) - entropy * unsure + diversity * new
                value = value - shell * (z.norm(dim=1) - VAE_LATENTS ** 0.5) ** 2
                z = z + torch.autograd.grad(value.mean(), z)[0]
            found = torch.cat([found, torch.where(z.isfinite().all(1, True), z, start).detach()])
        return found`;

const learn = `
    def learn(self, net, optimiser, iterations, loss, x, y, z):  # also what the old networks make of z, as they name it
        made = self.old and self.old[1][1](z).detach()
        named = self.old and self.old[0](made).softmax(1).detach()
        net.train()
        for _ in range(iterations):
            optimiser.zero_grad()
            (loss(net, x, y) + (MEMORY_COEFFICIENT * loss(net, made, named) if self.old else 0)).backward()
            optimiser.step()
    def observe(self, x, y, task):
        self.seen += len(x)
        weights = torch.tensor([1.0, min(self.seen / BETA_WARMUP, BETA_MAX)])  # of reconstruction and KL divergence
        elbo, ce = lambda vae, x, _: (losses(vae, x) @ weights).mean(), lambda net, x, y: cross_entropy(net(x), y)`;

const freeze = `
    def end_task(self, x, y):
        self.old, self.seen = copy.deepcopy((self.net.eval(), self.vae.eval())), 0`;

const prior = 'torch.randn(10 * REPLAY_BATCHES, VAE_LATENTS)';

const onGenerator: readonly SettingName[] = ['genReconstruction', 'genKl', 'genEntropy', 'genDiversity', 'genShell'];
const onClassifier: readonly SettingName[] = ['clsInterference', 'clsEntropy', 'clsDiversity', 'clsShell'];

/** The text of GEN and GEN-MIR. A search of which all weights are 0 is left out. */
export function generativeText(run: RunConfig): MethodText {
  const searched = [onGenerator, onClassifier].map(
    (names) => run.method === 'gen-mir' && names.some((name) => run[name] !== 0),
  );
  const [generator, classifier] = searched;
  const body = [
    ...(generator
      ? [
          'noise, pull = torch.randn(10, VAE_LATENTS), torch.tensor([GEN_RECONSTRUCTION, GEN_KL]).float()',
          'hurt = lambda vae, x, _: (losses(vae, x, noise) - losses(self.old[1], x, noise)) @ pull',
          'z = self.old and self.climb(self.vae, 0.001, elbo, x, y, hurt, GEN_ENTROPY, GEN_DIVERSITY, GEN_SHELL)',
        ]
      : [`z = ${prior}`]),
    'self.learn(self.vae, self.adam, GEN_ITERATIONS, elbo, x, y, z)',
    ...(classifier
      ? [
          'hurt = lambda net, x, named: CLS_INTERFERENCE * cross_entropy(net(x), named, reduction="none")',
          'z = self.old and self.climb(self.net, GEN_LEARNING_RATE, ce, x, y, hurt, CLS_ENTROPY, CLS_DIVERSITY, CLS_SHELL)',
        ]
      : [`z = ${prior}`]),
    'self.learn(self.net, self.sgd, CLS_ITERATIONS, ce, x, y, z)',
  ];
  return {
    keeps: null,
    imports: ['copy'],
    functions: ['binary_cross_entropy', 'cross_entropy', 'softplus'],
    networks,
    settings: [
      ...(['hidden', 'genDropout', 'genLearningRate', 'clsIterations'] as const),
      ...(['vaeHidden', 'vaeDepth', 'vaeLatents', 'vaeDropout', 'genIterations'] as const),
      ...(['replayBatches', 'memoryCoefficient', 'betaMax', 'betaWarmup'] as const),
      ...(generator || classifier ? (['ascentSteps'] as const) : []),
      ...(generator ? onGenerator : []),
      ...(classifier ? onClassifier : []),
    ],
    feeds: 'batches and ends',
    answers: 'learner.net',
    learner: `${start}${generator || classifier ? climb : ''}${learn}
${body.map((line) => `        ${line}`).join('\n')}${freeze}`,
  };
}

/*
 * Hybrid replay: an autoencoder, whose latents are stored (the paper's section 3.3 and Algorithm 3; engine/methods/ae.ts and
 * autoencodedMemory.ts). A whole task is learnt at once: the autoencoder goes first.
 */

const autoencoder = `def autoencoder():  # of 3 x 32 x 32 numbers to a row of 16 * AE_FILTERS, and back
    n, conv, up = AE_FILTERS, nn.Conv2d, nn.ConvTranspose2d
    block = lambda: Sum(nn.Identity(), nn.ReLU(), conv(n, n, 3, 1, 1), nn.BatchNorm2d(n), nn.ReLU(), conv(n, n, 1))
    halving = [layer for inputs in (3, n, n) for layer in (*convolve(inputs, n, 4, 2), nn.ReLU())]
    doubling = [layer for _ in range(2) for layer in (*convolve(n, n, 4, 2, up), nn.ReLU())]
    encoder = nn.Sequential(*halving, block(), nn.BatchNorm2d(n), block(), nn.Flatten())
    decoder = nn.Unflatten(1, (n, 4, 4)), block(), nn.BatchNorm2d(n), block(), nn.BatchNorm2d(n), *doubling
    return nn.Sequential(encoder, nn.Sequential(*decoder, up(n, 3, 4, 2, 1, bias=False), nn.Tanh()))`;

const withLatents = `class Learner:
    def __init__(self):
        self.net, self.coder, self.memory = network(), autoencoder(), []
        self.sgd = torch.optim.SGD(self.net.parameters(), LEARNING_RATE)
        self.adam = torch.optim.Adam(self.coder.parameters(), 0.001)
    def draw(self, count, task):  # latents and labels of other tasks, none twice
        old = [entry[:2] for entry in self.memory if entry[2] != task]
        return [torch.stack(column) for column in zip(*(old[i] for i in torch.randperm(len(old))[:count]))]`;

/** The networks' own batch statistics everywhere; copies keep the running ones from moving. 200 / 10 classes is 20. */
const nearest = `
    def nearest(self, x, y, stored):  # to where latents of x climb: to what the step, on a copy, hurts most
        z, virtual = self.coder[0](x).detach().requires_grad_(), copy.deepcopy(self.net)
        cross_entropy(virtual(self.coder[1](z)), y).backward()
        torch.optim.SGD(virtual.parameters(), LEARNING_RATE).step()
        old, new = (net(self.coder[1](z)).log_softmax(1) for net in (self.previous, virtual))
        value = 20 * kl_div(new, old, log_target=True, reduction="sum") + (old.exp() * old + new.exp() * new).sum()
        end = z + 10 * torch.autograd.grad(value, z)[0]
        far, taken = torch.cdist(torch.where(end.isfinite().all(1, True), end, z), stored).detach(), []
        for i, row in enumerate(far):  # one after another, equally many each, none twice
            row[taken] = torch.inf
            share = (min(AE_REPLAYS, len(stored)) + len(far) - 1 - i) // len(far)
            taken += row.topk(share, largest=False).indices.tolist()
        return taken`;

/** The memory's smallest random numbers are as good a reservoir as Algorithm R, and shorter. */
const learnTask = (mir: boolean) => `
    def learn(self, x, y, task):  # the autoencoder goes first; then all that is stored is encoded anew
        ${mir ? 'self.previous, before = copy.deepcopy((self.net, self.coder.eval()))' : 'before = copy.deepcopy(self.coder.eval())'}
        batches = [*zip(x.split(BATCH), y.split(BATCH))]
        for number, (x, y) in enumerate(batches * AE_EPOCHS):
            old = self.draw(AE_REPLAYS, task)
            seen = torch.cat([x, before[1](old[0]).detach()]) if old else x
            self.adam.zero_grad()
            mse_loss(self.coder.train()(seen), seen).backward()
            self.adam.step()
            if number >= len(batches) * (AE_EPOCHS - 1):  # a reservoir: of all offered, those with the smallest numbers
                self.memory += [[*entry, task, torch.rand(()).item()] for entry in zip(x, y)]
                self.memory = sorted(self.memory, key=lambda entry: entry[3])[:MEMORY]
        self.coder.eval()
        for entry in self.memory:
            entry[0] = self.coder[0](entry[0][None] if entry[2] == task else before[1](entry[0][None]))[0].detach()
        for x, y in [batch for batch in batches for _ in range(ITERATIONS)]:
            images, labels, weights, stored = x, y, torch.ones(len(y)), self.draw(AE_CANDIDATES, task)
            if stored:
                picks = ${mir ? 'self.nearest(x, y, stored[0])' : 'slice(AE_REPLAYS)'}
                images = self.coder[1](torch.cat([self.coder[0](x), stored[0][picks]])).detach()
                labels = torch.cat([y, stored[1][picks]])
                weights = torch.where(torch.arange(len(labels)) < len(y), 1 - AE_REPLAY_SHARE, AE_REPLAY_SHARE)
            self.sgd.zero_grad()
            (cross_entropy(self.net(images), labels, reduction="none") * weights).mean().backward()
            self.sgd.step()`;

/** The text of AE-ER and AE-MIR. */
export function hybridText(mir: boolean): MethodText {
  return {
    keeps: null,
    imports: ['copy'],
    functions: ['cross_entropy', ...(mir ? ['kl_div'] : []), 'mse_loss'],
    coder: autoencoder,
    settings: ['memoryPerClass', 'aeFilters', 'aeEpochs', 'aeReplays', 'aeCandidates', 'aeReplayShare'],
    feeds: 'tasks',
    answers: 'nn.Sequential(learner.coder, learner.net)',
    learner: `${withLatents}${mir ? nearest : ''}${learnTask(mir)}`,
  };
}
