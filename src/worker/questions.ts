import { type Dataset, type ImageBytes, imageSize } from '../core/dataset.ts';
import type { Task } from '../core/stream.ts';
import type { Ask } from '../engine/evaluation.ts';
import type { LaneAnswers, OwnImage, Report } from '../link/protocol.ts';

type QuestionReport = Extract<Report, { kind: 'questions' | 'answers' }>;
/** A report without the run that it belongs to. */
type Told = {
  [Kind in QuestionReport['kind']]: Omit<Extract<QuestionReport, { kind: Kind }>, 'run'>;
}[QuestionReport['kind']];
type Tell = (told: Told, transfer: Transferable[]) => void;

/** How many test images are shown. */
const shownCount = 10;

/** A test image that the networks are asked about. */
interface Shown {
  readonly sample: number;
  readonly label: number;
  /** The task that first teaches its class. */
  readonly task: number;
}

/**
 * The test images that the networks are asked about, the same for every seed: one of each class, or of ten classes at
 * equal distances where there are more. Of drawings that is the one nearest to the mean of its class, which anybody can
 * read; such a mean of photographs is a grey blur, so of those it is the first.
 */
export function shownTests({ test, imageShape }: Dataset, tasks: readonly Task[]): Shown[] {
  const size = imageSize({ imageShape });
  const classes = [...new Set(tasks.flatMap((task) => task.classes))].flatMap((label) => {
    const task = tasks.find((one) => one.classes.includes(label));
    const samples = Array.from(task?.test ?? []).filter((sample) => test.labels[sample] === label);
    return task === undefined || samples.length === 0 ? [] : [{ label, task: task.number, samples }];
  });
  const count = Math.min(shownCount, classes.length);
  return Array.from({ length: count }, (_, index) => {
    const { samples, ...rest } = classes[Math.floor((index * classes.length) / count)];
    return { ...rest, sample: imageShape[2] === 1 ? mostTypical(test.pixels, size, samples) : samples[0] };
  });
}

/** Enough images of a class for its mean. */
const enough = 200;

/** Of the first images of a class, the one whose pixels are nearest to their mean. */
function mostTypical(pixels: ImageBytes, size: number, samples: readonly number[]): number {
  const first = samples.slice(0, enough);
  const images = first.map((sample) => pixels.subarray(sample * size, (sample + 1) * size));
  const mean = new Float64Array(size);
  for (const image of images) for (let i = 0; i < size; i++) mean[i] += image[i] / first.length;
  const distances = images.map((image) => mean.reduce((sum, value, i) => sum + (value - image[i]) ** 2, 0));
  return first[distances.indexOf(Math.min(...distances))];
}

/** Copies of some test images, one after another. */
function bytesOf({ test, imageShape }: Dataset, shown: readonly Shown[]): Uint8Array<ArrayBuffer> {
  const size = imageSize({ imageShape });
  const bytes = new Uint8Array(shown.length * size);
  shown.forEach(({ sample }, index) =>
    bytes.set(test.pixels.subarray(sample * size, (sample + 1) * size), index * size),
  );
  return bytes;
}

/** Milliseconds between two askings while nobody can follow single steps: at most ten a second. */
const interval = 100;
/** The most of the time that asking may take then: a twentieth of the processor's. */
const share = 20;
/** On a graphics card the wait for the answers counts too, although training goes on: at most a third of the time. */
const waitShare = 3;

function joined(one: Uint8Array, other: Uint8Array): Uint8Array {
  const both = new Uint8Array(one.length + other.length);
  both.set(one);
  both.set(other, one.length);
  return both;
}

/** What is still to be asked once the answers under way are there. */
type Wanted = 'nothing' | 'own' | 'all';

/**
 * Asks the lanes of a run about ten test images and the viewer's own, and reports what they answer. Training does not
 * wait for it. One asking is under way at a time; what is wanted meanwhile is asked afterwards, once.
 */
export class Questions {
  readonly #report: Tell;
  readonly #onError: (error: unknown) => void;
  #ask: Ask | null = null;
  #samples: readonly Omit<Shown, 'sample'>[] = [];
  #tests = new Uint8Array();
  #classes = 0;
  #own: OwnImage | null = null;
  #step = 0;
  #underWay = false;
  #wanted: Wanted = 'nothing';
  /** When the next asking may begin that nobody waits for. */
  #freeAt = Number.NEGATIVE_INFINITY;

  constructor(report: Tell, onError: (error: unknown) => void) {
    this.#report = report;
    this.#onError = onError;
  }

  /** Takes the test images that are asked about from now on. All must be in memory, for this call. */
  show(dataset: Dataset, tasks: readonly Task[]): void {
    const shown = shownTests(dataset, tasks);
    this.#samples = shown.map(({ label, task }) => ({ label, task }));
    this.#tests = bytesOf(dataset, shown);
    this.#classes = dataset.classNames.length;
  }

  /** Begins with fresh lanes. */
  begin(ask: Ask): void {
    this.#ask = ask;
    this.#step = 0;
  }

  /** Reports what the lanes are asked. */
  tell(): void {
    const images = this.#tests.slice();
    this.#report({ kind: 'questions', images, samples: this.#samples }, [images.buffer]);
  }

  /** The lanes are gone, or are about to be. */
  end(): void {
    this.#ask = null;
  }

  /** A step has been taken. `always`: whatever it costs, as before a pause. */
  stepped(step: number, always: boolean, now: number): void {
    this.#step = step;
    if (always || (!this.#underWay && now >= this.#freeAt)) this.#put('all');
  }

  /** Asks about an image of the viewer's own, at once and from now on; null to leave it. */
  setOwn(own: OwnImage | null): void {
    this.#own = own;
    if (own !== null) this.#put('own');
  }

  #put(wanted: 'own' | 'all'): void {
    if (this.#ask === null) return;
    if (this.#underWay) {
      if (this.#wanted !== 'all') this.#wanted = wanted;
      return;
    }
    void this.#carryOut(this.#ask, wanted);
  }

  async #carryOut(ask: Ask, wanted: 'own' | 'all'): Promise<void> {
    const [step, own] = [this.#step, this.#own];
    const tests = wanted === 'all' ? this.#tests : new Uint8Array();
    this.#underWay = true;
    const began = performance.now();
    try {
      const asked = ask(own === null ? tests : joined(tests, own.pixels));
      const busy = performance.now() - began;
      const answers = await asked;
      const waited = performance.now() - began;
      this.#freeAt = began + Math.max(interval, share * busy, waitShare * waited);
      // An end, or a start on another backend, has come between.
      if (ask === this.#ask) this.#answered(step, wanted, own, answers);
    } catch (error) {
      if (ask === this.#ask) this.#onError(error);
    } finally {
      this.#underWay = false;
      const next = this.#wanted;
      this.#wanted = 'nothing';
      if (next !== 'nothing') this.#put(next);
    }
  }

  #answered(
    step: number,
    wanted: 'own' | 'all',
    own: OwnImage | null,
    answers: readonly (ArrayLike<number> | null)[],
  ): void {
    const lanes = answers.map((answer): LaneAnswers | null => {
      if (answer === null) return null;
      const all = Float32Array.from(answer);
      const cut = own === null ? all.length : all.length - this.#classes;
      return {
        tests: wanted === 'all' ? all.slice(0, cut) : null,
        own: own === null ? null : all.slice(cut),
      };
    });
    this.#report({ kind: 'answers', step, own: own?.id ?? null, lanes }, []);
  }
}
