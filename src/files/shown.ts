/** Text that comes from outside, for a message: a terminal must not carry it out, and it may be of any length. */

/** Controls, line ends, characters without width and those that turn the direction of what follows. */
const HARMFUL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Longest text that is shown whole, characters. */
const LONGEST = 200;

/** `value` as part of a message: harmful characters escaped as JSON has them, cut to 200 characters. */
export function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? String(value));
  const part = text.length > LONGEST ? `${text.slice(0, LONGEST)}…` : text;
  return part.replace(HARMFUL, (character) =>
    Array.from(
      { length: character.length },
      (_, i) => `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`,
    ).join(''),
  );
}
