import Papa from 'papaparse';
import { type Mixture, mixtureText } from '../../core/provenance.ts';

/** The rows of a file of learning curves, by seed; see {@link curvesCsv} for the columns. */
export interface Curves {
  readonly header: readonly string[];
  readonly bySeed: ReadonlyMap<number, readonly (readonly string[])[]>;
}

export const noCurves: Curves = { header: [], bySeed: new Map() };

const firstColumns = ['lane', 'method', 'retrieval', 'seed', 'step', 'task', 'averageAccuracy', 'averageForgetting'];
/** The last column, where a person insisted on mixing. */
const mixedColumn = 'mixed';

/** Reads text as curves; null if it is something else, or cut short. */
export function parseCurves(text: string): Curves | null {
  if (!text.startsWith(firstColumns.join(','))) return null;
  const { data, errors } = Papa.parse<string[]>(text, { skipEmptyLines: true, delimiter: ',' });
  if (errors.length > 0) return null;
  const [titles, ...all] = data;
  if (all.some((row) => row.length !== titles.length)) return null;
  const width = titles.at(-1) === mixedColumn ? titles.length - 1 : titles.length;
  const bySeed = new Map<number, string[][]>();
  for (const row of all) {
    const seed = Number(row[firstColumns.indexOf('seed')]);
    bySeed.set(seed, [...(bySeed.get(seed) ?? []), row.slice(0, width)]);
  }
  return { header: titles.slice(0, width), bySeed };
}

/** The average accuracy that the last evaluation of a lane found for a seed; null without one. */
export function lastAccuracy({ bySeed }: Curves, seed: number, method: string): number | null {
  const row = bySeed.get(seed)?.findLast((cells) => cells[firstColumns.indexOf('method')] === method);
  return row === undefined ? null : Number(row[firstColumns.indexOf('averageAccuracy')]);
}

/**
 * With the rows of a seed, as `curvesCsv` writes them, in place of those that it had. Rows of a file with other columns
 * keep what the new columns have of them.
 */
export function withSeed({ header: before, bySeed }: Curves, seed: number, csv: string): Curves {
  const [header, ...rows] = Papa.parse<string[]>(csv, { delimiter: ',' }).data;
  const places = header.map((title) => before.indexOf(title));
  const moved = [...bySeed].map(
    ([other, own]) => [other, own.map((row) => places.map((place) => row[place] ?? ''))] as const,
  );
  return { header, bySeed: new Map([...moved, [seed, rows]]) };
}

/** The file's text, seed by seed. */
export function curvesText({ header, bySeed }: Curves, mixtures: readonly Mixture[]): string {
  const mixed = mixtures.length === 0 ? [] : [mixtureText(mixtures)];
  const seeds = [...bySeed].toSorted(([one], [other]) => one - other);
  const rows = seeds.flatMap(([, own]) => own.map((row) => [...row, ...mixed]));
  return Papa.unparse([[...header, ...mixed.map(() => mixedColumn)], ...rows], { newline: '\r\n' });
}
