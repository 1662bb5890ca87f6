/**
 * How the page is shown, as its address says: `?present` for a lecture hall, with larger type and fewer things;
 * `?embed` for a frame in another page, without the head. The style sheets do the rest.
 */
export function markDisplayMode(search: string, root: HTMLElement): void {
  const asked = new URLSearchParams(search);
  for (const mode of ['present', 'embed'] as const) {
    if (asked.has(mode) && asked.get(mode) !== 'false') root.dataset[mode] = '';
  }
}
