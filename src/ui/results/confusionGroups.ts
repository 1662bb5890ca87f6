import type { TaskReport } from '../../core/events.ts';

/** What the rows and columns of a confusion are: classes, or tasks where the classes are too many to be told apart. */
export interface ConfusionGroups {
  readonly names: readonly string[];
  /** The group of each class. */
  readonly groupOf: readonly number[];
  readonly byTask: boolean;
}

/** More classes than this are counted by task. */
const mostClasses = 20;

export function confusionGroups(tasks: readonly TaskReport[], classNames: readonly string[]): ConfusionGroups {
  if (classNames.length <= mostClasses) {
    return { names: classNames, groupOf: classNames.map((_, label) => label), byTask: false };
  }
  return {
    names: tasks.map(({ number }) => String(number)),
    groupOf: classNames.map((_, label) => tasks.findIndex(({ classes }) => classes.includes(label))),
    byTask: true,
  };
}

/**
 * The counts of a confusion, group by group: a row for each true group, a column for each answered one; null without
 * counts.
 *
 * @param counts row by row, [classes × classes]
 */
export function grouped(
  counts: Uint32Array | undefined,
  classes: number,
  { names, groupOf }: ConfusionGroups,
): number[][] | null {
  if (counts === undefined) return null;
  const rows = names.map(() => names.map(() => 0));
  for (let label = 0; label < classes; label++) {
    for (let answer = 0; answer < classes; answer++) {
      const [row, column] = [groupOf[label], groupOf[answer]];
      if (row >= 0 && column >= 0) rows[row][column] += counts[label * classes + answer];
    }
  }
  return rows;
}
