import { describe, expect, it } from 'vitest';
import { type BackendName, presetConfig } from '../../../src/core/config.ts';
import {
  choiceKey,
  keptTimes,
  quickest,
  timeBackends,
  warmUp,
  type TrialPart,
} from '../../../src/engine/backendChoice.ts';

/** What each kind of work takes on a backend, in milliseconds. */
interface Costs {
  readonly filling: number;
  readonly first: number;
  readonly step: number;
  readonly breaks?: true;
}

/** Backends of which the clock knows what they take. */
function machine(costs: Partial<Record<BackendName, Costs>>) {
  let [clock, current]: [number, BackendName] = [1_000, 'webgpu'];
  const log: string[] = [];
  async function* steps(block: () => number): AsyncGenerator<TrialPart, void, void> {
    const cost = costs[current];
    if (cost === undefined || cost.breaks) throw new Error(`${current} breaks.`);
    for (let index = 0; index < 5; index++) {
      clock += cost.filling;
      log.push(`${current} filling`);
      yield { kind: 'filling', steps: 1 };
    }
    clock += cost.first;
    log.push(`${current} first`);
    yield { kind: 'first', steps: 1 };
    for (;;) {
      const count = block();
      clock += count * cost.step;
      log.push(`${current} ${count}`);
      yield { kind: 'steps', steps: count };
    }
  }
  return {
    log,
    elapsed: () => clock - 1_000,
    parts: {
      begin(name: BackendName) {
        if (costs[name] === undefined) return Promise.reject(new Error(`${name} does not start.`));
        current = name;
        return Promise.resolve();
      },
      steps,
      now: () => clock,
    },
  };
}

const quickCard = { filling: 5, first: 200, step: 0.4 };

describe('timing backends', () => {
  it('takes the shortest of a few blocks on each, and leaves out the programs that a card makes', async () => {
    const { parts, log } = machine({ webgpu: quickCard, wasm: { filling: 1, first: 1, step: 1 } });
    const times = await timeBackends('webgpu', ['wasm'], parts);
    expect(times).toEqual([
      { name: 'webgpu', milliseconds: expect.closeTo(0.4, 5) as number, atLeast: false },
      { name: 'wasm', milliseconds: expect.closeTo(1, 5) as number, atLeast: false },
    ]);
    expect(quickest(times ?? []).name).toBe('webgpu');
    expect(log.filter((part) => part.startsWith('wasm'))).toEqual([
      ...Array<string>(5).fill('wasm filling'),
      'wasm first',
      'wasm 1',
      'wasm 10',
      'wasm 10',
    ]);
  });

  it('stops with a backend that takes three times as long, in its first such step', async () => {
    const { parts, log } = machine({ webgpu: quickCard, wasm: { filling: 560, first: 1_200, step: 1_200 } });
    expect(await timeBackends('webgpu', ['wasm'], parts)).toEqual([
      { name: 'webgpu', milliseconds: expect.closeTo(0.4, 5) as number, atLeast: false },
      { name: 'wasm', milliseconds: 560, atLeast: true },
    ]);
    expect(log.filter((part) => part.startsWith('wasm'))).toEqual(['wasm filling']);
  });

  it('tries the third only where it could win', async () => {
    const level = { filling: 1, first: 1, step: 1 };
    const near = machine({ webgpu: { ...quickCard, step: 2 }, wasm: level, webgl: quickCard });
    expect((await timeBackends('webgpu', ['wasm', 'webgl'], near.parts))?.map(({ name }) => name)).toEqual([
      'webgpu',
      'wasm',
      'webgl',
    ]);
    const clear = machine({ webgpu: { ...quickCard, step: 0.1 }, wasm: level, webgl: quickCard });
    expect((await timeBackends('webgpu', ['wasm', 'webgl'], clear.parts))?.map(({ name }) => name)).toEqual([
      'webgpu',
      'wasm',
    ]);
  });

  it('begins no step after two seconds', async () => {
    const slow = { filling: 90, first: 90, step: 90 };
    const { parts, elapsed } = machine({ webgpu: slow, wasm: slow, webgl: slow });
    const times = await timeBackends('webgpu', ['wasm', 'webgl'], parts);
    expect(times?.map(({ name }) => name)).toEqual(['webgpu', 'wasm']);
    expect(elapsed()).toBeLessThan(2_000 + 90);
  });

  it('compares nothing where the card is not ready in time', async () => {
    const { parts, log } = machine({ webgpu: { filling: 700, first: 700, step: 1 }, wasm: quickCard });
    expect(await timeBackends('webgpu', ['wasm'], parts)).toBeNull();
    expect(log).toEqual(['webgpu filling', 'webgpu filling']);
  });

  it('leaves out what does not start or compute, but for the first, which says why', async () => {
    const { parts } = machine({ webgpu: quickCard, webgl: { ...quickCard, breaks: true } });
    expect((await timeBackends('webgpu', ['wasm', 'webgl'], parts))?.map(({ name }) => name)).toEqual(['webgpu']);
    const broken = machine({ webgpu: { ...quickCard, breaks: true } });
    await expect(timeBackends('webgpu', ['wasm'], broken.parts)).rejects.toThrow('webgpu breaks.');
  });
});

it('warms up until the second task has been begun, or two seconds are over', async () => {
  const quick = machine({ webgpu: quickCard });
  await warmUp(quick.parts);
  expect(quick.log.at(-1)).toBe('webgpu first');
  const slow = machine({ webgpu: { filling: 900, first: 900, step: 900 } });
  await warmUp(slow.parts);
  expect(slow.log).toHaveLength(3);
});

describe('what is kept', () => {
  const [er, mir] = [presetConfig('split-mnist', 'er'), presetConfig('split-mnist', 'er-mir')];

  it('is found again for the same card and work, whatever the seed and the length of the run', () => {
    const key = choiceKey('apple m3', 'several', [er, mir]);
    expect(choiceKey('apple m3', 'several', [{ ...er, seed: 4, samplesPerTask: 10, evaluationSize: 50 }, mir])).toBe(
      key,
    );
    for (const other of [
      choiceKey('apple m4', 'several', [er, mir]),
      choiceKey('apple m3', 'one', [er, mir]),
      choiceKey('apple m3', 'several', [er]),
      choiceKey('apple m3', 'several', [{ ...er, hidden: 80 }, mir]),
    ])
      expect(other).not.toBe(key);
  });

  it('counts only if it is whole', () => {
    const times = [
      { name: 'webgpu', milliseconds: 0.4, atLeast: false },
      { name: 'wasm', milliseconds: 3, atLeast: true },
    ];
    expect(keptTimes(times)).toEqual(times);
    for (const other of [undefined, null, 'webgpu', [], times.slice(1), [{ ...times[0], name: 'abacus' }, times[1]]])
      expect(keptTimes(other)).toBeNull();
    expect(keptTimes([times[0], { ...times[1], milliseconds: NaN }])).toBeNull();
  });
});
