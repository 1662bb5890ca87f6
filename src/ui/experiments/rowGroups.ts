import type { TableLine } from '../../engine/paperTable.ts';

/** Lines of a table that stand together. */
export interface RowGroup {
  readonly title: string;
  readonly lines: readonly TableLine[];
}

const withoutMemory = new Set(['fine-tune', 'iid-online', 'iid-offline']);

/** A table's lines in its own order, those of one group together; bounds apart from the memories that they do not have. */
export function rowGroups(lines: readonly TableLine[]): RowGroup[] {
  const starts = lines.flatMap((line, index) => (index === 0 || lines[index - 1].row.group !== line.row.group ? [index] : []));
  return starts.map((start, position) => {
    const own = lines.slice(start, starts[position + 1]);
    const bounds = starts.length > 2 && own.every(({ row }) => withoutMemory.has(row.config.method));
    return { title: bounds ? 'Without memory' : own[0].row.group, lines: own };
  });
}
