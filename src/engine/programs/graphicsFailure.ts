/**
 * What went wrong with a graphics card: its device is gone, it reported an error, it has too little memory or too small
 * a limit for what it was asked, or it computes something else than other backends.
 */
export type GraphicsTrouble = 'lost' | 'error' | 'memory' | 'numbers';

/** A graphics card cannot go on. The message is a sentence that says why. */
export class GraphicsFailure extends Error {
  readonly trouble: GraphicsTrouble;

  constructor(trouble: GraphicsTrouble, message: string) {
    super(message);
    this.name = 'GraphicsFailure';
    this.trouble = trouble;
  }
}

/** Messages of drivers go on for pages, with the code of the program in them. */
const longestMessage = 200;

/** A driver's message as a part of a sentence: its first line, in brackets; nothing if it is empty. */
export function driverWords(message: string): string {
  const [first] = message.trim().split('\n');
  if (first === '') return '';
  return ` (${first.length > longestMessage ? `${first.slice(0, longestMessage)}…` : first.replace(/\.$/, '')})`;
}
