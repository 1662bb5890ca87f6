const shown = 3;

/** The first names of a list and how many more there are: "a.jpg, b.jpg, c.jpg and 12 more". */
export function firstFew(names: readonly string[]): string {
  const more = names.length - shown;
  return names.slice(0, shown).join(', ') + (more > 0 ? ` and ${more.toLocaleString('en-US')} more` : '');
}
