/** A data file as an error speaks of it: its name, and what a person can do if it is bad (a sentence). */
export interface FileReference {
  readonly name: string;
  readonly remedy: string;
}

/**
 * A data file is missing, short, corrupted or of the wrong kind. The message names the file, says what
 * was found and what was expected, and ends with what to do.
 */
export class DataError extends Error {
  readonly file: string;

  /** @param problem goes on after the file's name, without a full stop: "has 12 bytes; 60,008 are needed" */
  constructor(file: FileReference, problem: string) {
    super(`${file.name} ${problem}. ${file.remedy}`);
    this.name = 'DataError';
    this.file = file.name;
  }
}

/** A count as a person reads it: 47040016 → "47,040,016". */
export function grouped(count: number): string {
  return count.toLocaleString('en-US');
}

/** The first bytes of a file, for an error: "25 50 44 46". */
export function firstBytes(bytes: Uint8Array, count = 4): string {
  return Array.from(bytes.subarray(0, count), (byte) => byte.toString(16).padStart(2, '0')).join(' ');
}
