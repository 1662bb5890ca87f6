import { beforeAll, expect, it } from 'vitest';
import type { TracedStep } from '../../../src/core/events.ts';
import { mean } from '../../../src/core/metrics.ts';
import type { StepFigures } from '../../../src/core/stepFigures.ts';
import { smallLane, traced } from './checkpointedRun.ts';
import { startTestBackend } from './startTestBackend.ts';
import { syntheticDataset } from './syntheticDataset.ts';

const methods = ['gem', 'a-gem', 'icarl', 'ewc', 'lwf'] as const;
const lanes = methods.map((method) => smallLane(method, { samplesPerTask: 30, iterations: 1, ewcLambda: 1 }));
const steps: TracedStep[] = [];

/** The traced steps of a method, with its figures, from the second task on. */
function later<Kind extends StepFigures['kind']>(method: (typeof methods)[number], kind: Kind) {
  const found = steps.flatMap((step) =>
    lanes[step.lane].method === method && step.task > 1 && step.figures?.kind === kind
      ? [{ ...step, figures: step.figures as Extract<StepFigures, { readonly kind: Kind }> }]
      : [],
  );
  expect(found).toHaveLength(12);
  return found;
}

/** The losses of a traced step, which every method tells. */
function lossesOf({ losses }: TracedStep) {
  if (losses === null) throw new Error('The step has no losses.');
  return losses.incoming;
}

beforeAll(async () => {
  const [dataset, backend] = [syntheticDataset(20, 5), await startTestBackend('wasm')];
  for (const [lane, config] of lanes.entries()) {
    const { events } = await traced({ dataset, lanes: [config], backend });
    for (const event of events) if (event.kind === 'traced') steps.push({ ...event, lane });
  }
});

it('every step tells the losses of its batch before and after', () => {
  expect(steps).toHaveLength(15 * methods.length);
  for (const step of steps) {
    expect(mean(lossesOf(step).before)).toBeCloseTo(step.loss, 5);
    expect(lossesOf(step).after).toHaveLength(10);
    expect(mean(lossesOf(step).after)).not.toBe(mean(lossesOf(step).before));
  }
});

it('GEM turns a gradient that hurts a past task until it hurts none, and leaves others', () => {
  let turned = 0;
  for (const { task, figures } of later('gem', 'constraint')) {
    expect(figures.past.map((gradient) => [gradient.task, gradient.memories])).toEqual(
      Array.from({ length: task - 1 }, (_, k) => [k + 1, 6]),
    );
    const hurts = figures.past.some(({ product }) => product < 0);
    turned += Number(hurts);
    for (const { product, productAfter, weight, length } of figures.past) {
      if (hurts) expect(weight).toBeGreaterThanOrEqual(0.5 - 1e-5);
      else expect([weight, productAfter]).toEqual([0, product]);
      if (hurts) expect(productAfter).toBeGreaterThan(-1e-3 * (length + 1) * (figures.length + 1));
      expect(Math.abs(product)).toBeLessThanOrEqual(length * figures.length * 1.0001);
    }
    if (!hurts) expect(figures.lengthAfter).toBeCloseTo(figures.length, 5);
  }
  expect(turned).toBeGreaterThan(3);
});

it('A-GEM makes the product with its one draw 0 where it is below, and leaves it elsewhere', () => {
  let turned = 0;
  for (const { figures } of later('a-gem', 'constraint')) {
    const [{ task, memories, product, productAfter, weight, length }, ...others] = figures.past;
    expect([others, task, memories]).toEqual([[], null, 4]);
    expect(weight).toBeCloseTo(product < 0 ? -product / length ** 2 : 0, 4);
    expect(productAfter).toBeCloseTo(Math.max(0, product), 4);
    // By Pythagoras, what is taken away is perpendicular to what is left.
    expect(figures.lengthAfter ** 2 + (weight * length) ** 2).toBeCloseTo(figures.length ** 2, 3);
    turned += Number(product < 0);
  }
  expect(turned).toBeGreaterThan(2);
});

it('iCaRL learns labels of new classes and answers of old ones, and its two losses are the whole', () => {
  for (const step of later('icarl', 'distillation')) {
    const { task, incoming, figures } = step;
    expect(figures.old).toEqual(Array.from({ length: 2 * (task - 1) }, (_, label) => label));
    expect(figures.lossOfLabels + figures.lossOfAnswers).toBeCloseTo(mean(lossesOf(step).before), 4);
    incoming.forEach(({ label }, row) => {
      const [targets, answers] = [figures.targets[row], figures.answers[row]];
      expect(targets.slice(2 * (task - 1))).toEqual(
        Array.from({ length: 10 - 2 * (task - 1) }, (_, index) => Number(index + 2 * (task - 1) === label)),
      );
      for (const value of [...targets.slice(0, 2 * (task - 1)), ...answers]) {
        expect(value).toBeGreaterThan(0);
        expect(value).toBeLessThan(1);
      }
    });
    expect(figures.exemplars?.count).toBe(4);
    expect(figures.exemplars?.after).not.toBe(figures.exemplars?.before);
  }
});

it('LwF learns the softened answers of old classes', () => {
  for (const { task, figures, loss } of later('lwf', 'distillation')) {
    expect(figures.old).toEqual(Array.from({ length: 2 * (task - 1) }, (_, label) => label));
    expect(figures.lossOfLabels).toBeCloseTo(loss, 5);
    const cross = figures.targets.map((targets, row) =>
      figures.old.reduce((sum, label) => sum - targets[label] * Math.log(figures.answers[row][label]), 0),
    );
    expect(figures.lossOfAnswers).toBeCloseTo(mean(cross), 4);
    for (const row of [...figures.targets, ...figures.answers]) {
      expect(row.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
      expect(row.slice(2 * (task - 1)).every((value) => value === 0)).toBe(true);
    }
  }
});

it('EWC pulls nothing in the first task and right after it, and then the more the farther it has gone', () => {
  const first = steps.filter(({ lane, task }) => methods[lane] === 'ewc' && task === 1);
  expect(first.map(({ figures }) => figures?.kind === 'penalty' && figures.penalty)).toEqual([0, 0, 0]);
  for (const [index, { figures }] of later('ewc', 'penalty').entries()) {
    expect(figures.largest).toBeGreaterThan(0);
    // Three steps a task.
    if (index % 3 === 0) expect([figures.penalty, figures.pullLength, figures.distance]).toEqual([0, 0, 0]);
    else expect(figures.penalty).toBeGreaterThan(0);
    expect(figures.penalty).toBeLessThanOrEqual((figures.largest / 2) * figures.distance ** 2 * 1.0001);
    expect(figures.length).toBeGreaterThan(0);
  }
});
