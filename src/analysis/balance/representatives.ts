/**
 * Which face represents each photograph or identity: the one with the smallest hash, whatever its class. So a list
 * has one face of it in all, not one in each class; and a face that differs in label from all others of its identity,
 * which is often wrong, has no better chance than they.
 *
 * That cannot be known before all faces have passed, so it takes a first pass and some memory for each photograph or
 * identity, however long the list: 20 bytes, with room to spare 29 to 57, half as much again while the table grows.
 */
import { xxh32 } from '../../files/xxh32.js';

/** Words of a slot: two for the key, two for the smallest face, one for its cell. */
const WORDS = 5;
const FIRST_CAPACITY = 1024;
const FULLEST = 0.7;
/** Seeds of hashes besides the one by which faces are drawn: any numbers that differ. */
const KEY_SEEDS = [0x6b65795f, 0x66616365] as const;
const SECOND_SEED = 0x7365636f;

/**
 * Keys are known by 64 bits of hash: among 10 million, the chance that any two are taken for one is 3 in a million.
 */
export class Representatives {
  private words = new Uint32Array(WORDS * FIRST_CAPACITY);
  private capacity = FIRST_CAPACITY;
  private keys = 0;

  /** Different keys. */
  get size(): number {
    return this.keys;
  }

  /**
   * @param hash by which the face is drawn
   * @param cell any number below 2^32 that comes back with the representative
   */
  add(key: Buffer, path: Buffer, hash: number, cell: number): void {
    if (this.keys >= FULLEST * this.capacity) this.grow();
    const [first, second] = fingerprint(key);
    const at = this.slot(first, second);
    const { words } = this;
    const further = secondHash(path, hash);
    if (words[at] === 0) {
      this.keys += 1;
      words[at] = first;
      words[at + 1] = second;
    } else if (words[at + 2] - hash < 0 || (words[at + 2] === hash && words[at + 3] <= further)) {
      return;
    }
    words[at + 2] = hash;
    words[at + 3] = further;
    words[at + 4] = cell;
  }

  /** Whether the face represents its key; a row that comes twice does so both times. */
  isOne(key: Buffer, path: Buffer, hash: number): boolean {
    const at = this.slot(...fingerprint(key));
    const { words } = this;
    return words[at] !== 0 && words[at + 2] === hash && words[at + 3] === secondHash(path, hash);
  }

  /** The cell of each representative. */
  *cells(): Generator<number> {
    for (let at = 0; at < this.words.length; at += WORDS) {
      if (this.words[at] !== 0) yield this.words[at + 4];
    }
  }

  /** Where the key is, or would be. */
  private slot(first: number, second: number): number {
    const { words, capacity } = this;
    for (let place = second & (capacity - 1); ; place = (place + 1) & (capacity - 1)) {
      const at = WORDS * place;
      if (words[at] === 0 || (words[at] === first && words[at + 1] === second)) return at;
    }
  }

  private grow(): void {
    const old = this.words;
    this.capacity *= 2;
    this.words = new Uint32Array(WORDS * this.capacity);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at] === 0) continue;
      this.words.set(old.subarray(at, at + WORDS), this.slot(old[at], old[at + 1]));
    }
  }
}

/** Two hashes, the first of which is not 0: that marks a free slot. */
function fingerprint(key: Buffer): [number, number] {
  return [xxh32(key, 0, KEY_SEEDS[0]) || 1, xxh32(key, 0, KEY_SEEDS[1])];
}

/** Tells faces of one hash apart. */
function secondHash(path: Buffer, hash: number): number {
  return xxh32(path, 0, (SECOND_SEED ^ hash) >>> 0);
}
