import { type NamedLesson, readLesson } from './lesson.ts';

const files = import.meta.glob<unknown>('./lessons/*.json', { import: 'default' });

function nameOf(path: string): string {
  return path.replace(/^.*\/(\d+-)?/, '').replace(/\.json$/, '');
}

/** The names of all lessons, in the order in which they are offered: that of their files' names. */
export const lessonNames: readonly string[] = Object.keys(files).map(nameOf);

/**
 * Fetches a lesson and checks it.
 *
 * @throws {Error} if it cannot be fetched, or is not as a lesson must be; there is none of this name
 */
export async function fetchLesson(name: string): Promise<NamedLesson> {
  const found = Object.entries(files).find(([path]) => nameOf(path) === name);
  if (found === undefined) throw new Error(`There is no lesson ${name}; there are: ${lessonNames.join(', ')}.`);
  return readLesson(name, await found[1]());
}
