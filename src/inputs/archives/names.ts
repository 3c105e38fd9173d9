/**
 * Names of members. They come from strangers: what they are called in results never leads out of a
 * folder, and no two are called the same.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Notices } from './entry.js';

const SLASH = 0x2f;
const DOT = 0x2e;

/** Linux opens no longer path. */
export const LONGEST_NAME = 4096;
/** Of a name that is too long to be used, so much is shown. */
const SHOWN_OF_LONG_NAME = 240;

/**
 * `name` as a path that stays below the folder it is joined to, on systems whose separator is `/`:
 * it ends before its first NUL; empty parts, `.` and `..` are left out (`../../up.jpg` is `up.jpg`,
 * `/abs.jpg` is `abs.jpg`, `sub/../side.jpg` is `sub/side.jpg`, as Python's zipfile unpacks them);
 * where nothing is left it is `_`. All other bytes stay: backslashes, drive letters, control bytes
 * and bytes that are no UTF-8 are parts of a name, and whoever writes a name to a terminal, a line
 * or a Windows file system quotes them (files/windows-safe.ts).
 */
export function safeRelative(name: Buffer): Buffer {
  const end = name.indexOf(0);
  const whole = end < 0 ? name : name.subarray(0, end);
  if (isSafe(whole)) return Buffer.from(whole);
  const parts = whole.toString('latin1').split('/');
  const kept = parts.filter((part) => part !== '' && part !== '.' && part !== '..');
  return Buffer.from(kept.join('/') || '_', 'latin1');
}

/** Whether no part is empty, `.` or `..`. */
function isSafe(name: Buffer): boolean {
  if (name.length === 0) return false;
  for (let start = 0; start <= name.length; ) {
    const slash = name.indexOf(SLASH, start);
    const end = slash < 0 ? name.length : slash;
    const length = end - start;
    const dots = length < 3 && name[start] === DOT && (length === 1 || name[start + 1] === DOT);
    if (length === 0 || dots) return false;
    start = end + 1;
  }
  return true;
}

/**
 * Equal for names that a file system without case (macOS, Windows) takes for the same file. A
 * writer that has seen the folded name before gives the file another one.
 */
export function foldedName(relative: string): string {
  return relative.normalize('NFC').toLowerCase().toUpperCase();
}

/** Whether a safe name has a part that begins with a dot, or lies in the shadow tree of a Mac. */
export function isHiddenName(name: Buffer): boolean {
  return name[0] === DOT || name.includes('/.') || name.subarray(0, 9).equals(MAC_SHADOW);
}

const MAC_SHADOW = Buffer.from('__MACOSX/');

/** The last part of a name, a character a byte. */
export function lastPart(name: Buffer): string {
  return name.toString('latin1', name.lastIndexOf(SLASH) + 1);
}

/** What follows the last dot of a name, as `OtherMember.ending`. */
export function nameEnding(name: Buffer): string {
  const match = /[^.]\.(\w{1,16})$/.exec(lastPart(name));
  return match ? match[1].toLowerCase() : '';
}

/** The start of a name of more than `LONGEST_NAME` bytes, cut between parts of its UTF-8. */
export function shortened(name: Buffer): Buffer {
  let end = SHOWN_OF_LONG_NAME;
  while (end > 0 && (name[end] & 0xc0) === 0x80) end -= 1;
  return safeRelative(Buffer.concat([name.subarray(0, end), Buffer.from('...')]));
}

/** Hash (two numbers) and how often its name came: 12 bytes. */
const SLOT = 3;
const FIRST_SLOTS = 2 ** 10;

/**
 * Gives every name once: the k-th of a name (k from 2) becomes `NAME;k`, with the next free number
 * where that is taken. Holds 64 bits of a salted hash and a count per name in an open table, 16 to
 * 32 bytes: a Set of strings ends at 2^24 names. Of 100 million names, two share a hash in one of
 * 4000 archives; then the second gets a number it did not need.
 */
export class SingleNames {
  readonly #notices: Notices;
  readonly #salt = randomBytes(16);
  #table = new Uint32Array(FIRST_SLOTS * SLOT);
  #used = 0;

  constructor(notices: Notices) {
    this.#notices = notices;
  }

  single(name: Buffer): Buffer {
    const slot = this.#slotOf(name);
    if (this.#table[slot + 2] === 0) {
      this.#take(slot);
      return name;
    }
    this.#notices.repeatedNames += 1;
    for (let number = this.#table[slot + 2] + 1; ; number += 1) {
      const numbered = Buffer.concat([name, Buffer.from(`;${number}`)]);
      const free = this.#slotOf(numbered);
      if (this.#table[free + 2] !== 0) continue;
      this.#table[slot + 2] = number;
      this.#take(free);
      return numbered;
    }
  }

  /** The slot of a name: where it is, or where it would go with its hash filled in. */
  #slotOf(name: Buffer): number {
    const digest = createHash('sha1').update(this.#salt).update(name).digest();
    const low = digest.readUInt32LE(0);
    const high = digest.readUInt32LE(4);
    const slot = findSlot(this.#table, low, high);
    this.#table[slot] = low;
    this.#table[slot + 1] = high;
    return slot;
  }

  #take(slot: number): void {
    this.#table[slot + 2] = 1;
    this.#used += 1;
    if (this.#used * SLOT * 4 > this.#table.length * 3) this.#grow();
  }

  #grow(): void {
    const larger = new Uint32Array(this.#table.length * 2);
    for (let at = 0; at < this.#table.length; at += SLOT) {
      if (this.#table[at + 2] === 0) continue;
      const slot = findSlot(larger, this.#table[at], this.#table[at + 1]);
      larger.set(this.#table.subarray(at, at + SLOT), slot);
    }
    this.#table = larger;
  }
}

/** The slot with this hash, or the empty one where it belongs. The number of slots is a power of 2. */
function findSlot(table: Uint32Array, low: number, high: number): number {
  let slot = (low * SLOT) % table.length;
  while (table[slot + 2] !== 0 && (table[slot] !== low || table[slot + 1] !== high)) {
    slot += SLOT;
    if (slot === table.length) slot = 0;
  }
  return slot;
}
