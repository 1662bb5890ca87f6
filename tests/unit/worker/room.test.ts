import { describe, expect, it } from 'vitest';
import { Room } from '../../../src/worker/dataCache.ts';

/** Lets everything that is ready go on. */
const turn = () => new Promise((resolve) => setTimeout(resolve, 0));

/** Asks for room in order; `log` tells who is in, `leave` sends them out. */
function visitors(limit: number, sizes: Record<string, number>) {
  const room = new Room(limit);
  const inside = new Map<string, () => void>();
  for (const [name, size] of Object.entries(sizes)) void room.enter(size).then((leave) => inside.set(name, leave));
  return {
    inside: async () => {
      await turn();
      return [...inside.keys()];
    },
    leave: (name: string) => {
      inside.get(name)?.();
      inside.delete(name);
    },
  };
}

describe('Room', () => {
  it('lets in what fits together, in the order in which it came', async () => {
    const { inside, leave } = visitors(10, { a: 4, b: 6, c: 3, d: 1 });
    expect(await inside()).toEqual(['a', 'b']);
    leave('a');
    expect(await inside()).toEqual(['b', 'c', 'd']);
  });

  it('lets nobody overtake a larger one, and gives that the room to itself', async () => {
    const { inside, leave } = visitors(10, { small: 2, large: 25, next: 1 });
    expect(await inside()).toEqual(['small']);
    leave('small');
    expect(await inside()).toEqual(['large']);
    leave('large');
    expect(await inside()).toEqual(['next']);
  });
});
