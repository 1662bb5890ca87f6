import { batchSize, type RunConfig, type SettingName } from '../config.ts';
import { methods } from '../methods.ts';
import { cifar10ValidationShare, classesByTask, type DatasetName, scenarios } from '../scenarios.ts';
import { validationShare } from '../stream.ts';
import { type MethodText, methodText } from './methods.ts';

/** A run as a script for Python with PyTorch. */
interface PytorchScript {
  readonly text: string;
  readonly fileName: string;
}

interface ScriptOptions {
  /** The seeds that it runs unless others are named; the run's own if left out. */
  readonly seeds?: readonly number[];
  /** What the data is called, if not by its scenario. */
  readonly dataName?: string;
  /** Where the data is unless another folder is named; it must be named if this is left out. */
  readonly folder?: string;
}

/*
 * The parts of a script that every method shares: how files are read, how a stream is made of them, the network, the
 * memory, the course of a run, and what is measured. Each is Python, without the empty lines around it.
 */

const ofIdx = (images: string) => `def read(folder, name, start):  # the bytes of an IDX file, from one on
    path = next(Path(folder).rglob(f"*{name}*"), None) or sys.exit(f"{folder} has no file {name}-ubyte")
    with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8)[start:]

def load(folder, half):  # images in [0, 1], [n, 784], and labels, [n]
    return ${images}, read(folder, f"{half}-labels", 8).long()`;

const ofCifar = `def load(folder, half):  # images in [-1, 1], [n, 3, 32, 32], and labels, [n]; a record has 1 + 3072 bytes
    paths = sorted(Path(folder).rglob(f"{half}*.bin")) or sys.exit(f"{folder} has no file {half}*.bin")
    rows = torch.frombuffer(bytearray(b"".join(path.read_bytes() for path in paths)), dtype=torch.uint8).view(-1, 3073)
    return rows[:, 1:].view(-1, 3, 32, 32) / 127.5 - 1, rows[:, 0].long()`;

/** EMNIST's files have the images on their sides. */
const ofSides = ofIdx('read(folder, f"{half}-images", 16).view(-1, 28, 28).mT.flatten(1) / 255');

/** Kept as bytes, of which there are 1.3 GB. Rows name an image by its path or its name. */
const ofTables = `def picture(path):  # the middle square
    fitted = ImageOps.fit(Image.open(path).convert("RGB"), (84, 84), Image.BILINEAR)
    return torch.frombuffer(bytearray(fitted.tobytes()), dtype=torch.uint8).view(84, 84, 3).permute(2, 0, 1)

def load(folder):  # bytes, [n, 3, 84, 84], and labels: of each class 480 images to train on, then 120 to test on
    files, of_class = {path.name: path for path in Path(folder).rglob("*")}, {}
    for table in "train.csv", "val.csv", "test.csv":
        for row in csv.DictReader(files[table].open(encoding="utf-8-sig")):
            of_class.setdefault(row["label"], []).append(files[Path(row["filename"]).name])
    mixed = [random.Random(label).sample(paths, len(paths)) for label, paths in enumerate(of_class.values())]
    for part in slice(480), slice(480, 600):
        chosen = [(picture(path), label) for label, paths in enumerate(mixed) for path in paths[part]]
        yield torch.stack([image for image, _ in chosen]), torch.tensor([label for _, label in chosen])`;

const ofHalves = (...halves: readonly string[]) => halves.map((half) => `load(folder, "${half}")`).join(', ');

/** How the files of a dataset are read, into two pairs of images and labels, and what they are. */
const readers = {
  mnist: {
    text: ofIdx('read(folder, f"{half}-images", 16).view(-1, 784) / 255'),
    load: ofHalves('train', 't10k'),
    files: 'its four IDX files, plain or .gz',
  },
  emnist: { text: ofSides, load: ofHalves('digits-train', 'digits-test'), files: 'its four IDX files, plain or .gz' },
  emnistMnist: {
    text: ofSides,
    load: ofHalves('mnist-train', 'mnist-test'),
    files: 'its four IDX files, plain or .gz',
  },
  cifar10: {
    text: ofCifar,
    load: ofHalves('data_batch', 'test_batch'),
    files: 'the six .bin files of its binary version',
  },
  miniimagenet: { text: ofTables, load: '*load(folder)', files: 'images and their three .csv tables' },
} as const;

const mlp = `def network():  # starts as PyTorch does: uniform in +-1 / sqrt(fan in)
    layers = nn.Linear(784, HIDDEN), nn.ReLU(), nn.Linear(HIDDEN, HIDDEN), nn.ReLU()
    return nn.Sequential(*layers, nn.Linear(HIDDEN, 10))

@torch.no_grad()
def accuracy(net, x, y):
    return 100 * (net(x).argmax(1) == y).float().mean().item()`;

/** MiniImagenet comes as bytes, and leaves four numbers of each filter. */
const resnet = (isMini: boolean) => `def convolve(inputs, outputs, side, stride=1, kind=nn.Conv2d):
    return kind(inputs, outputs, side, stride, (side - 1) // 2, bias=False), nn.BatchNorm2d(outputs)

class Sum(nn.Sequential):  # of what the first makes of x, and what the others do one after another
    def forward(self, x):
        return self[0](x) + nn.Sequential(*self[1:])(x)

def network():  # ResNet-18 for small images
${isMini ? '    scale = nn.Module()\n    scale.forward = lambda x: x / 127.5 - 1\n' : ''}    layers, widths = [${isMini ? 'scale, ' : ''}*convolve(3, FILTERS, 3), nn.ReLU()], [FILTERS * by for by in (1, 1, 1, 2, 2, 4, 4, 8, 8)]
    for inputs, width in zip(widths, widths[1:]):
        body = *convolve(inputs, width, 3, width // inputs), nn.ReLU(), *convolve(width, width, 3)
        layers += Sum(nn.Sequential(*(convolve(inputs, width, 1, 2) if width > inputs else ())), *body), nn.ReLU()
    return nn.Sequential(*layers, nn.AvgPool2d(4), nn.Flatten(), nn.Linear(${isMini ? '32 * FILTERS, 100' : '8 * FILTERS, 10'}))

@torch.no_grad()
def accuracy(net, x, y):
    answers = torch.cat([net.eval()(part).argmax(1) for part in x.split(500)])
    net.train()
    return 100 * (answers == y).float().mean().item()`;

/** The network of a dataset, and how many of its answers are right. */
function networkText(dataset: DatasetName): string {
  return dataset === 'mnist' ? mlp : resnet(dataset === 'miniimagenet');
}

const drawText = {
  all: `    def draw(self, count):  # none twice
        return [self[i] for i in torch.randperm(len(self))[:count]]`,
  past: `    def draw(self, count, but):  # none twice, and none of that task
        entries = [entry for entry in self if entry[2] != but]
        return [entries[i] for i in torch.randperm(len(entries))[:count]]`,
} as const;

/**
 * The memory.
 *
 * @param kept what an entry holds, in words
 */
const memoryText = (
  kept: string,
  draws: keyof typeof drawText,
) => `class Memory(list):  # a reservoir (Vitter's Algorithm R) of lists: ${kept}
    offered = 0
    def add(self, *batch):
        for entry in zip(*batch):
            self.offered += 1
            slot = len(self) if len(self) < MEMORY else torch.randint(self.offered, ()).item()
            if slot < MEMORY:
                self[slot:slot + 1] = [list(entry)]
${drawText[draws]}

def column(entries, index):
    return torch.stack([entry[index] for entry in entries])`;

/** How labels become tasks. */
function splitText({ scenario }: Pick<RunConfig, 'scenario'>): string {
  const { splitsClasses } = scenarios[scenario];
  return `def split(labels):  # the images of each task: shuffled, without those held out, in whole batches
    for ${splitsClasses ? 'classes in TASKS' : '_ in range(TASKS)'}:
        own = ${splitsClasses ? 'torch.isin(labels, torch.tensor(classes)).nonzero().flatten()' : 'torch.arange(len(labels))'}
        own = own[torch.randperm(len(own))][int(HELD_OUT * len(own)):][:SAMPLES_PER_TASK]
        yield own[:len(own) // BATCH * BATCH]`;
}

interface Course extends Pick<RunConfig, 'scenario'>, Pick<MethodText, 'feeds' | 'answers'> {
  /** Where none are named. */
  readonly seeds: readonly number[];
  /** The data's, where none is named; null where one must be. */
  readonly folder: string | null;
  /** Reads both halves. */
  readonly load: string;
  /** Passes over all tasks shuffled together; null where tasks come one after another. */
  readonly passes: number | null;
}

/** Trains by the order of the stream, once for each seed, and prints what is measured. */
function courseText({ scenario, seeds, folder, load, passes, feeds, answers }: Course): string {
  const split = scenarios[scenario].splitsClasses;
  const seen = (of: string) => (split ? `x[${of}]` : `x[${of}][:, pixels[task]]`);
  const tests = split
    ? '    tests = [(test_x[own], test_y[own]) for own in (torch.isin(test_y, torch.tensor(some)) for some in TASKS)]'
    : `    pixels = [torch.arange(784)] + [torch.randperm(784) for _ in range(TASKS - 1)]
    tests = [(test_x[:, order], test_y) for order in pixels]`;
  const observed = `        for batch in own.split(BATCH):
            learner.observe(${seen('batch')}, y[batch], task)`;
  const fed: Readonly<Record<Course['feeds'], string>> = {
    batches: observed,
    'batches and ends': `${observed}
        learner.end_task(${seen('own')}, y[own])`,
    tasks: `        learner.learn(${seen('own')}, y[own], task)`,
  };
  const training =
    passes === null
      ? `    for task, own in enumerate(split(y)):
${fed[feeds]}
        matrix.append([accuracy(${answers}, *test) for test in tests[:task + 1]])`
      : `    own = list(split(y))
    all_x, all_y = torch.cat([${seen('some')} for ${split ? '' : 'task, '}some in ${split ? 'own' : 'enumerate(own)'}]), y[torch.cat(own)]
    for _ in range(${passes}):
        for batch in torch.randperm(len(all_y)).split(BATCH):
            learner.observe(all_x[batch], all_y[batch], None)
    matrix.append([accuracy(${answers}, *test) for test in tests])`;
  const measured =
    passes === null
      ? `    fallen = [max(row[j] for row in matrix[j:]) - matrix[-1][j] for j in range(len(matrix) - 1)]
    results.append([mean(matrix[-1]), mean(fallen)])
    print(*(" ".join(f"{value:6.2f}" for value in row) for row in matrix), sep="\\n")
    print("seed %d: average accuracy %.2f %%, forgetting %.2f %%" % (seed, *results[-1]))
for name, values in zip(("average accuracy", "forgetting"), zip(*results)):`
      : `    results.append([mean(matrix[-1])])
    print(*(f"{value:6.2f}" for value in matrix[-1]))
    print("seed %d: average accuracy %.2f %%" % (seed, *results[-1]))
for name, values in zip(["average accuracy"], zip(*results)):`;
  return `folder, *seeds = sys.argv[1:] or ${folder === null ? 'sys.exit(__doc__)' : `[${JSON.stringify(folder)}]`}
(x, y), (test_x, test_y), results = ${load}, []
for seed in map(int, seeds or [${seeds.join(', ')}]):
    torch.manual_seed(seed)
${tests}
    learner, matrix = Learner(), []  # a row of accuracies, in %, after each task
${training}
${measured}
    spread = f" +- {2 * stdev(values) / len(values) ** 0.5:.1f}" if len(values) > 1 else ""
    print(f"{name}: {mean(values):.1f}{spread} % (n = {len(values)}, +- 2 standard errors)")`;
}

/** Modules of the standard library that its reader needs. */
const readingModules: Readonly<Record<DatasetName, readonly string[]>> = {
  mnist: ['gzip'],
  cifar10: [],
  miniimagenet: ['csv', 'random'],
};

/** "memoryPerClass" → "MEMORY_PER_CLASS". */
const constant = (name: string) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();

/** Settings that share a line, and what it says of them. */
const lines: readonly (readonly [readonly SettingName[], string])[] = [
  [['hidden', 'genDropout', 'genLearningRate', 'clsIterations'], 'and steps on each batch'],
  [['vaeHidden', 'vaeDepth', 'vaeLatents', 'vaeDropout', 'genIterations'], 'and its steps on each'],
  [['replayBatches', 'memoryCoefficient', 'betaMax', 'betaWarmup'], 'of tens; of KL'],
  [['ascentSteps', 'clsInterference', 'clsEntropy', 'clsDiversity', 'clsShell'], 'in latent space'],
  [['ascentSteps'], 'of size 1 in latent space'],
  [['genReconstruction', 'genKl', 'genEntropy', 'genDiversity', 'genShell'], 'weights of its terms'],
  [['hidden'], 'units in each of two layers'],
  [['filters', 'learningRate', 'iterations'], 'of the first stage; of plain SGD, and steps on each batch'],
  [['learningRate', 'iterations'], 'of plain SGD, and steps on each batch'],
  [['aeFilters', 'aeEpochs', 'aeReplays', 'aeCandidates', 'aeReplayShare'], 'share: of the loss'],
  [['candidates', 'budget'], 'drawn from the memory for a step, and replayed of those'],
  [['budget'], 'drawn from the memory for a step'],
  [['derAlpha', 'derBeta'], 'weights of stored logits, and of labels'],
  [['derAlpha'], 'weight of stored logits'],
  [['ewcLambda', 'ewcGamma'], 'weight of the penalty, and what stays of earlier importance'],
  [['lwfWeight', 'lwfTemperature'], 'of the distillation'],
];

/** The settings that a script uses, as constants. */
function settingsText(names: readonly SettingName[], run: RunConfig): string[] {
  const left = new Set(names);
  const texts = lines.flatMap(([together, comment]) => {
    if (!together.every((name) => left.has(name))) return [];
    for (const name of together) left.delete(name);
    const values = together.map((name) => run[name]).join(', ');
    return [`${together.map(constant).join(', ')} = ${values}  # ${comment}`];
  });
  const memory = left.delete('memoryPerClass')
    ? [`MEMORY = ${scenarios[run.scenario].classCount} * ${run.memoryPerClass}  # classes, and images of each`]
    : [];
  return [...texts, ...memory, ...[...left].map((name) => `${constant(name)} = ${run[name]}`)];
}

/** The classes of each task, or how many tasks with all classes there are. */
function tasksText(run: RunConfig): string {
  const scenario = scenarios[run.scenario];
  if (!scenario.splitsClasses) return `TASKS = ${scenario.taskCount}  # all classes in each, pixels permuted`;
  const share = scenario.classCount / scenario.taskCount;
  if (scenario.classCount > 10 && run.classOrderSeed === 'off')
    return `TASKS = [list(range(first, first + ${share})) for first in range(0, ${scenario.classCount}, ${share})]`;
  return `TASKS = ${JSON.stringify(classesByTask(scenario, run.classOrderSeed)).replaceAll(',', ', ')}`;
}

/**
 * A run as a self-contained script: the method with its settings on the same protocol. Its random numbers are PyTorch's
 * and Python's, so its figures agree with the engine's within their intervals, not digit by digit.
 */
export function pytorchScript(
  run: RunConfig,
  { seeds = [run.seed], dataName, folder }: ScriptOptions = {},
): PytorchScript {
  const { dataset } = scenarios[run.scenario];
  const method = methodText(run);
  const { label, stream: order } = methods[run.method];
  const isMnist = dataset === 'mnist';
  const name = dataName ?? { mnist: 'MNIST', cifar10: 'CIFAR-10', miniimagenet: 'MiniImagenet' }[dataset];
  const reader = !isMnist
    ? readers[dataset]
    : /^EMNIST digits/.test(name)
      ? readers.emnist
      : /^EMNIST/.test(name)
        ? readers.emnistMnist
        : readers.mnist;
  const stream = run.scenario === 'permuted-mnist' ? `Permuted ${name}` : `Split ${name}`;
  const fileName = `${run.method}-${stream.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}.py`;
  const imports = [...method.imports, ...readingModules[dataset], 'sys'];
  const settings: readonly SettingName[] = [
    ...(method.networks === undefined ? ([isMnist ? 'hidden' : 'filters', 'learningRate', 'iterations'] as const) : []),
    ...method.settings,
  ];
  const head = `"""${label} on ${stream}: a run of MIR Lab in PyTorch, with its settings and its protocol.
python ${fileName} ${folder === undefined ? 'FOLDER [SEED ...]' : '[FOLDER [SEED ...]]'}
FOLDER holds ${name}: ${reader.files}. Draws are PyTorch's: figures agree within intervals."""
import ${imports.sort().join(', ')}
from pathlib import Path
from statistics import mean, stdev
import torch
${dataset === 'miniimagenet' ? 'from PIL import Image, ImageOps  # Pillow\n' : ''}from torch import nn
from torch.nn.functional import ${method.functions.join(', ')}

${tasksText(run)}
BATCH, HELD_OUT, SAMPLES_PER_TASK = ${batchSize}, ${dataset === 'cifar10' ? cifar10ValidationShare : validationShare}, ${run.samplesPerTask}  # the share of a task's images that is not trained on
${settingsText(settings, run).join('\n')}`;
  const parts = [
    head,
    reader.text,
    splitText(run),
    method.networks ?? networkText(dataset),
    ...(method.coder === undefined ? [] : [method.coder]),
    ...(method.keeps === null ? [] : [memoryText(method.keeps, method.learner.includes('but=') ? 'past' : 'all')]),
    method.learner,
    courseText({
      scenario: run.scenario,
      seeds,
      folder: folder ?? null,
      load: reader.load,
      passes: order.kind === 'iid' ? order.passes : null,
      feeds: method.feeds,
      answers: method.answers,
    }),
  ];
  return { text: `${parts.join('\n\n')}\n`, fileName };
}
