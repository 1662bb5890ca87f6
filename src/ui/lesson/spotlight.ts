import type { SpotName } from '../../state/lesson/lesson.ts';

/** Where the parts of the page are that a card can speak of. */
const selectors: Readonly<Record<SpotName, string>> = {
  tasks: 'ol[aria-label="Tasks"]',
  headline: '[data-headline]',
  controls: '[data-play]',
  step: 'section[aria-label="What one step does"]',
  ask: 'section[aria-label="Ask the networks"]',
  lanes: 'section[aria-label="Retrieved memories"]',
  'lane-a': 'section[aria-label="Lane A"]',
  'lane-b': 'section[aria-label="Lane B"]',
  'lane-c': 'section[aria-label="Lane C"]',
  'lane-d': 'section[aria-label="Lane D"]',
  accuracy: 'section[aria-label="Average accuracy"]',
  'second-chart': 'section[aria-label="Average forgetting"], section[aria-label="Negative ELBO"]',
  table: 'section[aria-label="Accuracy by task"], section[aria-label="Negative ELBO by task"]',
};

/** Outlines parts of the page and brings them into sight; gives what takes the outlines away again. */
export function spotlight(names: readonly SpotName[]): {
  readonly elements: readonly HTMLElement[];
  readonly end: () => void;
} {
  const elements = names.flatMap((name) => document.querySelector<HTMLElement>(selectors[name]) ?? []);
  for (const element of elements) element.dataset['spotlight'] = '';
  // On a page that scrolls, at its top: the card lies below. The first one comes last, so that it is seen in any case.
  const scrolls = document.documentElement.scrollHeight > document.documentElement.clientHeight;
  for (const element of elements.toReversed()) element.scrollIntoView({ block: scrolls ? 'start' : 'nearest' });
  return {
    elements,
    end() {
      for (const element of elements) delete element.dataset['spotlight'];
    },
  };
}

/** The corners of the page where a card can lie, the best first. */
const corners = ['bottom-right', 'bottom-left', 'top-right', 'top-left'] as const;
export type Corner = (typeof corners)[number];

type Box = Pick<DOMRect, 'left' | 'right' | 'top' | 'bottom'>;

function sharedArea(one: Box, other: Box): number {
  const width = Math.min(one.right, other.right) - Math.max(one.left, other.left);
  const height = Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top);
  return Math.max(0, width) * Math.max(0, height);
}

/**
 * The corner in which a card covers least of what it speaks of.
 *
 * @param targets where that is, in the window
 * @param card width and height of the card
 * @param room of the window: what corners lie in
 */
export function freeCorner(targets: readonly Box[], card: { width: number; height: number }, room: Box): Corner {
  const covered = corners.map((corner) => {
    const left = corner.endsWith('left') ? room.left : room.right - card.width;
    const top = corner.startsWith('top') ? room.top : room.bottom - card.height;
    const box = { left, top, right: left + card.width, bottom: top + card.height };
    return targets.reduce((sum, target) => sum + sharedArea(target, box), 0);
  });
  return corners[covered.indexOf(Math.min(...covered))];
}
