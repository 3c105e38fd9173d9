/** Paths in messages. */
import { pathLine, quotedPath } from '../paths.js';
import { escaped, isHarmless, wholeCharacters } from './shown.js';

/** Longest path that is shown whole, and how much of the begin and the end of others is: the name says most. */
const LONGEST = 200;
const BEGIN = 50;

/**
 * `path` as it is, or JSON-quoted where it holds a space, is empty, cannot stand on a line as it is, or begins with a
 * double quote. Of one longer than 200 characters the middle is left out.
 */
export function shownPath(path: string | Buffer): string {
  const bytes = Buffer.from(path);
  const line = pathLine(bytes);
  const isPlain = line !== '' && isHarmless(line) && !/\s/u.test(line);
  return escaped(middleLeftOut(isPlain || line.startsWith('"') ? line : quotedPath(bytes)));
}

function middleLeftOut(text: string): string {
  if (text.length <= LONGEST) return text;
  const end = text.slice(BEGIN - LONGEST);
  return `${wholeCharacters(text.slice(0, BEGIN))}…${wholeCharacters(end)}`;
}
