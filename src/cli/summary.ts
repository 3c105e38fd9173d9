/** Pieces of the summary line. */
import { plural } from '../files/plural.js';
import type { WalkCounts } from '../inputs/folder.js';

export { plural };

/** What is to be said of links that were not followed; nothing where there were none. */
export function linkCounts({ linksOutside, linkLoops }: WalkCounts): string[] {
  const parts: string[] = [];
  if (linksOutside > 0) {
    parts.push(`${plural(linksOutside, 'link')} out of the folder not followed`);
  }
  if (linkLoops > 0) parts.push(`${plural(linkLoops, 'link')} in a loop not followed`);
  return parts;
}

/** `African 8, Asian 6, ...` */
export function classCounts(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
}

/** The same for programs. */
export function linkRecord({ linksOutside, linkLoops }: WalkCounts) {
  return { links_outside: linksOutside, link_loops: linkLoops };
}
