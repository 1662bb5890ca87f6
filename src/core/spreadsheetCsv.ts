import Papa from 'papaparse';

/** The two kinds of CSV that are written: for programs (RFC 4180), and for spreadsheets where a comma is in a number. */
export const csvFormats = ['plain', 'spreadsheet'] as const;
export type CsvFormat = (typeof csvFormats)[number];

/** Tells a spreadsheet that the text is in UTF-8. */
const byteOrderMark = '\uFEFF';

const number = /^[+-]?\d+(\.\d+)?(e[+-]?\d+)?$/i;
const commaNumber = /^[+-]?\d+(,\d+)?(e[+-]?\d+)?$/i;
/** Text that a spreadsheet would take for a formula. */
const formula = /^[=+\-@\t\r]/;

/**
 * CSV for a spreadsheet of a country that writes 0,5: a byte-order mark, semicolons between cells, decimal commas, and
 * an apostrophe before text that would be taken for a formula.
 *
 * @param csv as everything else here writes it: commas, decimal points, a header
 */
export function spreadsheetCsv(csv: string): string {
  const { data } = Papa.parse<string[]>(csv, { delimiter: ',', skipEmptyLines: true });
  const cells = data.map((row) =>
    row.map((cell) => {
      if (number.test(cell)) return cell.replace('.', ',');
      return formula.test(cell) ? `'${cell}` : cell;
    }),
  );
  return `${byteOrderMark}${Papa.unparse(cells, { delimiter: ';', newline: '\r\n' })}\r\n`;
}

/** CSV of either kind as that for programs. */
export function plainCsv(csv: string): string {
  if (!csv.startsWith(byteOrderMark)) return csv;
  const { data } = Papa.parse<string[]>(csv.slice(1), { delimiter: ';', skipEmptyLines: true });
  const cells = data.map((row) => row.map((cell) => (commaNumber.test(cell) ? cell.replace(',', '.') : cell)));
  return Papa.unparse(cells, { newline: '\r\n' });
}

/** CSV for programs in the kind that is wanted. */
export function csvIn(format: CsvFormat, csv: string): string {
  return format === 'plain' ? csv : spreadsheetCsv(csv);
}
