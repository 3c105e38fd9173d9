/** Two recordings of the corpus, run by run. */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** How the record of what results were made with is named, beside the record of the run. */
export const MADE_WITH_SUFFIX = '.made-with.txt';

const LINES_SHOWN = 6;

export interface Comparison {
  readonly runs: number;
  /** What is to be printed of each record that differs. */
  readonly differences: readonly string[];
}

/** @param withMadeWith whether records of what results were made with count */
export function compare(before: string, now: string, withMadeWith: boolean): Comparison {
  const names = (folder: string) =>
    readdirSync(folder).filter((name) => withMadeWith || !name.endsWith(MADE_WITH_SUFFIX));
  const [ofBefore, ofNow] = [names(before), names(now)];
  const all = [...new Set([...ofBefore, ...ofNow])].sort();
  const differences = all.flatMap((name) => {
    if (!ofBefore.includes(name)) return [`${name}: only in ${now}`];
    if (!ofNow.includes(name)) return [`${name}: only in ${before}`];
    const [a, b] = [before, now].map((folder) => readFileSync(path.join(folder, name), 'utf8'));
    return a === b ? [] : [`${name}: differs\n${differingLines(a, b)}`];
  });
  const runs = all.filter((name) => !name.endsWith(MADE_WITH_SUFFIX)).length;
  return { runs, differences };
}

/** The first lines that are not the same, each after its section. */
function differingLines(before: string, now: string): string {
  const [a, b] = [before.split('\n'), now.split('\n')];
  let first = 0;
  while (a[first] === b[first]) first += 1;
  let section = '';
  for (const line of a.slice(0, first + 1)) if (line.startsWith('=== ')) section = line;
  const shown = (lines: string[], sign: string) =>
    lines.slice(first, first + LINES_SHOWN).map((line) => `  ${sign} ${line}`);
  return [`  line ${first + 1}, ${section}`, ...shown(a, '-'), ...shown(b, '+')].join('\n');
}
